"""The tables, one file per version; migrations.py applies them in the order of their names."""
