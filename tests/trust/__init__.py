"""Tests of simulator.trust."""
