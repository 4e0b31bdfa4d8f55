"""Whole stories, as their users live them: a fleet that is up, and clients that nobody here wrote."""
