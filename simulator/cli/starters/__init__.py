"""Scenarios to begin with, which `trustsim init` writes."""
