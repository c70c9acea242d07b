"""One creator's report of one period: what it says, and the page and files that say it.

Belongs here: facts of all creators from published tables, and their page, charts and CSV.
Does not: mail and its delivery (`reports/delivery`).
"""
