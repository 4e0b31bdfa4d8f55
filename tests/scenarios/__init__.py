"""Scenarios on live fleets: the shipped ones, and ones that must fail."""
