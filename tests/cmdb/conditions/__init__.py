"""Tests of simulator.cmdb.conditions."""
