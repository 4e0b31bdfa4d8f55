"""The tables, one file per version, which migrations.py applies in their order; newest.sql is all of them."""
