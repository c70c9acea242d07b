"""Alerts: what is wrong, who has been told of it, and how word goes out.

Belongs here: problems found in Dagster's storage, the lake and the backups. Does not: the
platform's database, which may be what is down.
"""
