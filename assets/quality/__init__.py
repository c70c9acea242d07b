"""Whether the numbers can be trusted: reconciliation, volumes, the restatements of numbers.

Belongs here: comparing what is published with what it was made from.
Does not: making or mending it.
"""
