"""Tests of simulator.cmdb.identification."""
