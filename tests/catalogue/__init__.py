"""Tests of simulator.catalogue."""
