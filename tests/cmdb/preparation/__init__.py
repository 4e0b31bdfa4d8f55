"""Tests of simulator.cmdb.preparation."""
