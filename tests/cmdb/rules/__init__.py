"""Tests of simulator.cmdb.rules."""
