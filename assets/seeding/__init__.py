"""Filling the platform's tables in bulk: other people's files, or a generated platform.

Belongs here: COPY, checks of foreign rows, generators. Does not: the lake, metrics, Dagster.
"""
