"""What does noting late changes cost the application's writes?

python -m benchmarks.noted_writes [--rows 10000] [--rounds 9]

The same writes with three sets of triggers on `user_engagement`: none that note, our row triggers,
and statement triggers with transition tables. The schema is the platform's, with all its indexes,
foreign keys and key triggers. A procedure on the server runs the statements, each its own
transaction, and no commit waits for the disk: a client and a disk would hide the difference.
"""

import argparse
import random
import statistics
import time
from collections import defaultdict
from itertools import product

import psycopg
from psycopg import sql

from benchmarks.servers import throw_away_server
from schema.migrate import migrate

USERS = 5_000
POSTS = 2_000
STOCK = 400_000
BATCH_ROWS = 1_000
ROWS = 10_000
ROUNDS = 9
TODAY = "now() AT TIME ZONE 'UTC'"
LATE = "timestamp '2024-01-15 12:00'"
PREPARE = """
CREATE FUNCTION uuid_of(kind TEXT, n BIGINT) RETURNS UUID LANGUAGE sql IMMUTABLE
RETURN md5(kind || n)::uuid;

INSERT INTO users (id, email, username, password_hash)
SELECT uuid_of('user', n), n || '@example.org', 'user' || n, 'x'
FROM generate_series(0, {users} - 1) AS n;

INSERT INTO posts (id, user_id, content)
SELECT uuid_of('post', n), uuid_of('user', n), 'text'
FROM generate_series(0, {posts} - 1) AS n;

SET LOCAL session_replication_role = replica;

INSERT INTO user_engagement (user_id, post_id, engagement_type, metadata, created_at)
SELECT
    uuid_of('user', n % {users}), uuid_of('post', n / {users}), 'LIKE', '{{"source": "feed"}}',
    timestamp '2024-01-01' + n * interval '5 seconds'
FROM generate_series(0, {stock} - 1) AS n;

INSERT INTO user_engagement_keys
SELECT user_id, post_id, engagement_type FROM user_engagement;

-- Keys that nobody has used yet, in random order.
CREATE TABLE unused AS
SELECT
    row_number() OVER (ORDER BY random()) AS position,
    uuid_of('user', n % {users}) AS user_id,
    uuid_of('post', n / {users}) AS post_id
FROM generate_series({stock}, {stock} + {inserts} - 1) AS n;

CREATE UNIQUE INDEX ON unused (position);

CREATE TABLE liked AS
SELECT row_number() OVER (ORDER BY random()) AS position, user_id, post_id FROM user_engagement;

CREATE UNIQUE INDEX ON liked (position);

CREATE PROCEDURE insert_singly(first BIGINT, amount BIGINT, late BOOLEAN)
LANGUAGE plpgsql AS $$
DECLARE
    given RECORD;
BEGIN
    FOR place IN first .. first + amount - 1 LOOP
        SELECT * INTO given FROM unused WHERE position = place;
        INSERT INTO user_engagement (user_id, post_id, engagement_type, metadata, created_at)
        VALUES (
            given.user_id, given.post_id, 'LIKE', '{{"source": "feed"}}',
            CASE WHEN late THEN {late} ELSE {today} END
        );
        COMMIT;
    END LOOP;
END;
$$;

CREATE PROCEDURE insert_together(first BIGINT, amount BIGINT, late BOOLEAN)
LANGUAGE plpgsql AS $$
BEGIN
    FOR place IN 0 .. amount / {batch} - 1 LOOP
        INSERT INTO user_engagement (user_id, post_id, engagement_type, metadata, created_at)
        SELECT
            user_id, post_id, 'LIKE', '{{"source": "feed"}}',
            CASE WHEN late THEN {late} ELSE {today} END
        FROM unused
        WHERE position >= first + place * {batch} AND position < first + (place + 1) * {batch};
        COMMIT;
    END LOOP;
END;
$$;

CREATE PROCEDURE delete_singly(first BIGINT, amount BIGINT)
LANGUAGE plpgsql AS $$
DECLARE
    given RECORD;
BEGIN
    FOR place IN first .. first + amount - 1 LOOP
        SELECT * INTO given FROM liked WHERE position = place;
        DELETE FROM user_engagement
        WHERE
            user_id = given.user_id AND post_id = given.post_id AND engagement_type = 'LIKE';
        COMMIT;
    END LOOP;
END;
$$;
"""
# On the parent only: it sees every partition's rows of a statement that names the parent, and none
# of a statement that names a partition.
STATEMENT_TRIGGERS = """
CREATE FUNCTION note_statement() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO pipeline.day_changes (table_name, days, row_delta, fingerprint_delta)
    SELECT
        'user_engagement',
        datemultirange(daterange(created_at::date, created_at::date, '[]')),
        TG_ARGV[0]::int * count(*),
        TG_ARGV[0]::int * sum(pipeline.hash_engagement(
            id, user_id, post_id, engagement_type, value, metadata, created_at
        ))
    FROM changed
    WHERE created_at < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
    GROUP BY created_at::date;
    RETURN NULL;
END;
$$;

CREATE TRIGGER note_statement_insert
AFTER INSERT ON user_engagement REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION note_statement('1');

CREATE TRIGGER note_statement_delete
AFTER DELETE ON user_engagement REFERENCING OLD TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION note_statement('-1');
"""
ROW_TRIGGERS = ("note_late_insert", "note_late_update", "note_late_delete")
PER_STATEMENT = ("note_statement_insert", "note_statement_delete")
TRIGGERS = {
    "no notes": (),
    "row triggers (ours)": ROW_TRIGGERS,
    "statement triggers": PER_STATEMENT,
}
WRITES = {
    "1 row of today": "CALL insert_singly(%(first)s, %(amount)s, FALSE)",
    f"{BATCH_ROWS:,} rows of today": "CALL insert_together(%(first)s, %(amount)s, FALSE)",
    "1 late row": "CALL insert_singly(%(first)s, %(amount)s, TRUE)",
    f"{BATCH_ROWS:,} late rows": "CALL insert_together(%(first)s, %(amount)s, TRUE)",
    "1 old row deleted": "CALL delete_singly(%(first)s, %(amount)s)",
}
INSERTING = sum("insert" in call for call in WRITES.values())

Seconds = dict[tuple[str, str], list[float]]


def prepare(session: psycopg.Connection, rows: int, rounds: int) -> None:
    """Old likes with their keys, and as many unused keys as the inserts take."""
    inserts = rows * rounds * INSERTING * len(TRIGGERS)
    assert inserts <= USERS * POSTS - STOCK, "too few accounts and posts for so many likes"
    assert rows * rounds * len(TRIGGERS) <= STOCK, "too few old likes for so many deletions"
    assert rows % BATCH_ROWS == 0, f"--rows must be a multiple of {BATCH_ROWS}"
    text = PREPARE.format(
        users=USERS,
        posts=POSTS,
        stock=STOCK,
        batch=BATCH_ROWS,
        inserts=inserts,
        today=TODAY,
        late=LATE,
    )
    with session.transaction():
        session.execute(text.encode())
        session.execute(STATEMENT_TRIGGERS.encode())
    session.execute("VACUUM ANALYZE")
    session.execute("SET synchronous_commit = off")


def compare(session: psycopg.Connection, rows: int, rounds: int) -> Seconds:
    """Measure every write with every set of triggers, each round in another order."""
    order, places = random.Random(7), {"unused": 1, "liked": 1}
    seconds: Seconds = defaultdict(list)
    cases = list(product(TRIGGERS, WRITES))
    for _ in range(rounds):
        order.shuffle(cases)
        session.execute("CHECKPOINT")
        for triggers, write in cases:
            enable_only(session, TRIGGERS[triggers])
            stock = "liked" if "delete" in WRITES[write] else "unused"
            began = time.perf_counter()
            session.execute(WRITES[write].encode(), {"first": places[stock], "amount": rows})
            seconds[triggers, write].append(time.perf_counter() - began)
            places[stock] += rows
    return seconds


def enable_only(session: psycopg.Connection, wanted: tuple[str, ...]) -> None:
    """Switch the triggers that note, on all partitions."""
    for name in (*ROW_TRIGGERS, *PER_STATEMENT):
        switch = sql.SQL("ENABLE" if name in wanted else "DISABLE")
        statement = sql.SQL("ALTER TABLE user_engagement {} TRIGGER {}")
        session.execute(statement.format(switch, sql.Identifier(name)))


def show(seconds: Seconds, rows: int) -> None:
    """Print medians per row, and beside those without notes."""
    print(f"\n| µs per row | {' | '.join(TRIGGERS)} |\n|{'---|' * (1 + len(TRIGGERS))}")
    for write in WRITES:
        medians = [statistics.median(seconds[triggers, write]) for triggers in TRIGGERS]
        cells = [f"{m / rows * 1e6:.1f} ({m / medians[0]:.2f})" for m in medians]
        print(f"| {write} | {' | '.join(cells)} |")


def measure(url: str, rows: int, rounds: int) -> None:
    """Migrate an empty database, compare in it, print."""
    migrate(url)
    with psycopg.connect(url, autocommit=True) as session:
        prepare(session, rows, rounds)
        show(compare(session, rows, rounds), rows)


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    with throw_away_server() as url:
        measure(url, given.rows, given.rounds)


if __name__ == "__main__":
    main()
