"""What is true of all tests."""

collect_ignore_glob = ["*.yaml", "*.yml"]
"""The scenarios among the tests are what these work on, and no tests by themselves."""
