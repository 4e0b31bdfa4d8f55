"""Tests of simulator.scenario.writing."""
