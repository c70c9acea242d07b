"""When and how it runs: definitions, jobs, schedules, settings and the `sociallive` command.

Belongs here: wiring. Does not: computation; a line that names a column belongs in another package.
"""
