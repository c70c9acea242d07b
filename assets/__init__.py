"""What is computed: resources that touch the outside, pure transformations, assets that join them.

Belongs here: everything between PostgreSQL and a published table.
Does not: schedules, settings, what people read.
"""
