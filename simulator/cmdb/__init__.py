"""The configuration management database of an instance: classes, identification, reconciliation, duplicates."""
