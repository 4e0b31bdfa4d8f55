"""The REST API of an instance, as its clients meet it."""
