"""What people receive, made from published tables only.

Belongs here: pages, charts, mails and their delivery.
Does not: a query against the platform's raw tables.
"""
