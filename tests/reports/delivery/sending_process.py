"""A process that delivers one report by SMTP, to be killed: `sending_process.py DATABASE SMTP`."""

import sys

from tests.fixtures.post_office import PostOffice, smtp_sender

if __name__ == "__main__":
    database, smtp = sys.argv[1:]
    office = PostOffice(database)
    office.creators = dict(office.rows("SELECT id, username FROM users"))
    office.deliver(smtp_sender(smtp))
