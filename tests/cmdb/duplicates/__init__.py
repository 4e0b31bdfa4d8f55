"""Tests of simulator.cmdb.duplicates."""
