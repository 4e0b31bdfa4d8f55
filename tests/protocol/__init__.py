"""Tests of simulator.protocol."""
