"""Tests of simulator.runtime."""
