"""Tests of simulator.cmdb.commit."""
