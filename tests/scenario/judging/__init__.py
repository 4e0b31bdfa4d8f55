"""Tests of simulator.scenario.judging."""
