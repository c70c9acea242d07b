"""What the data is: migrations, contracts of tables that cross a boundary, vocabulary, errors.

Belongs here: names, types, grains, units, meanings, DDL.
Does not: Dagster, files, engines, the clock.
"""
