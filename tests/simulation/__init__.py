"""Fleets in virtual time: scenarios, faults and storms under many seeds, each with a command to run it again."""
