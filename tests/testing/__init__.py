"""Tests of the Python surface, and what makes a part of it."""
