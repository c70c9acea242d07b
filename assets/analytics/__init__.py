"""Aggregates: daily rollups and the published numbers, as pure functions over lazy frames.

Belongs here: what a number is. Does not: files, connections, schedules, ranking.
"""
