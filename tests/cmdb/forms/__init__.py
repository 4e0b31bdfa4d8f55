"""Tests of simulator.cmdb.forms."""
