import csv
from datetime import date
from uuid import UUID, uuid5

import psycopg

from assets.resources.lake import Lake
from assets.resources.postgres import Postgres
from reports.creator.history_csv import COLUMNS
from reports.creator.past_numbers import PastNumbers
from tests.fixtures.platform_rows import add_people
from tests.fixtures.quick_lake import put_day

DAYS = [date(2024, 2, day) for day in (1, 2, 3, 5)]
SPACE = UUID(int=7)


def test_a_history_begins_with_the_first_number_and_has_a_row_for_each_published_day(
    connection: psycopg.Connection, database: str, lake: Lake
) -> None:
    people = add_people(connection)
    for day, views in ((DAYS[1], 7), (DAYS[3], 9)):
        connection.execute(
            "INSERT INTO user_analytics (user_id, date, post_impressions) VALUES (%s, %s, %s)",
            [people.author, day, views],
        )
    connection.commit()
    for day in DAYS:
        put_day(lake, "user_analytics", day, is_final=day < DAYS[3])

    found = PastNumbers(Postgres(database), lake).histories(
        [people.author, people.fan, uuid5(SPACE, "nobody")]
    )

    assert list(found) == [people.author]
    header, *rows = csv.reader(found[people.author].splitlines())
    assert tuple(header) == COLUMNS
    assert [(row[0], row[1], row[-1]) for row in rows] == [
        ("2024-02-02", "7", "yes"),
        ("2024-02-03", "0", "yes"),
        ("2024-02-05", "9", "no"),
    ]
    assert {cell for row in rows for cell in row[2:-1]} == {"0"}

    held = PastNumbers(Postgres(database), lake, {DAYS[2], DAYS[3]}).histories([people.author])
    assert held[people.author].splitlines()[1:] == [",".join(rows[0])]
