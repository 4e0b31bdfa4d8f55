"""Tests of simulator.cmdb.classes."""
