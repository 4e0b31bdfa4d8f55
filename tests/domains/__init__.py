"""Tests of simulator.domains."""
