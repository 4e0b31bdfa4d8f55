"""A finished run, rendered."""
