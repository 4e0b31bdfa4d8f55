"""What unmodified clients do, each in a process of its own, as `python -m tests.rest.jobs.NAME URL`."""
