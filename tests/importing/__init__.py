"""Imports: from instances that are served in process, and from their exports."""
