"""Tests of simulator.cmdb: of each phase in its folder, of the whole and of what all phases use here."""
