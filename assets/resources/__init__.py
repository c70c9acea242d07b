"""The only modules that open files, sockets, servers and clocks.

Belongs here: what assets are handed to work with. Does not: what they compute.
"""
