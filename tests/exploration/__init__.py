"""Storms, sweeps, shrinking and mutants."""
