"""The team's page: the whole platform at a glance, and its tables for export."""
