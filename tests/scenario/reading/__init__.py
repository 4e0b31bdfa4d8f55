"""Tests of simulator.scenario.reading."""
