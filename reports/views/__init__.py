"""What analysts query: every published table as a documented view of DuckDB, read-only."""
