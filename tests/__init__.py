"""The tests; a subpackage for each package of the simulator."""
