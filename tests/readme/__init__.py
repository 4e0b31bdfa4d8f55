"""The README shows, it does not promise: its commands are run, and what they print stands there."""
