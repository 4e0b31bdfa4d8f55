"""Fleets and sweeps on a Dask cluster, which is a scheduler and workers on this machine."""
