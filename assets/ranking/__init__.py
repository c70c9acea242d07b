"""What is worth seeing: the score of each post, the popular posts, their way back to PostgreSQL.

Belongs here: formulas of scores and ranks, the write-back of scores. Does not: counting of events.
"""
