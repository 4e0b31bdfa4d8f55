"""Tests of simulator.cmdb.reconciliation."""
