"""Self-repair: what should have been published and was not, and the runs that mend it.

Belongs here: which days and reports are owed, and when another attempt is due. Does not: telling
people, which the alerts do.
"""
