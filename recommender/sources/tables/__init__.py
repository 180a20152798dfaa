"""Tables: JSON, CSV, Parquet, SQLite, SQL."""
