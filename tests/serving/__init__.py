"""Tests of a fleet that stays up."""
