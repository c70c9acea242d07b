"""The `sociallive` command: one file per command, each a thin layer over the packages.

Belongs here: arguments, progress, sentences. Does not: anything that another caller would need.
"""
