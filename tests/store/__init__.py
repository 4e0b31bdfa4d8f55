"""Tests of simulator.store."""
