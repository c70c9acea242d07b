"""Old rows: partitions ahead, archive, cold store, clean-up, erasure, backup and restore.

Belongs here: moving and removing rows, and proving first that nothing is lost.
Does not: computing numbers from them.
"""
