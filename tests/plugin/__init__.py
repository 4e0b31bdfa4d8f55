"""The plugin, as suites of others have it."""
