"""PostgreSQL to lake: what is read of each table, and the asset that publishes it by day.

Belongs here: extraction, its contracts' enforcement. Does not: any aggregation.
"""
