"""Reports on their way to creators: mails, the outbox, preferences, and the pages' web server.

Belongs here: whatever may be sent, was sent, or must not be sent any more.
Does not: what a report says (`reports/creator`).
"""
