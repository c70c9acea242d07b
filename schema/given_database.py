"""What a database must be before it is migrated: UTF-8, without our names, closed, in UTC."""

import re
from collections.abc import Iterable
from typing import LiteralString

import psycopg
from psycopg import sql

from schema.connecting import ENCODING
from schema.errors import SchemaMismatchError, UsageError

# At the beginning of a line, so that no function's body is taken for it; others' schemas left out.
CREATED = re.compile(
    r"^CREATE (?:OR REPLACE )?(?:UNIQUE |MATERIALIZED )?"
    r"(?:TABLE|TYPE|FUNCTION|VIEW|INDEX) (\w+)(?![\w.])",
    re.MULTILINE,
)
MOST_NAMED = 5
TAKEN = """
    SELECT ours.name
    FROM unnest(%s::TEXT[]) AS ours (name)
    WHERE
        ours.name IN (
            SELECT relname FROM pg_class WHERE relnamespace = 'public'::REGNAMESPACE
            UNION ALL
            SELECT typname FROM pg_type WHERE typnamespace = 'public'::REGNAMESPACE
            UNION ALL
            SELECT proname FROM pg_proc WHERE pronamespace = 'public'::REGNAMESPACE
        )
    ORDER BY ours.name
"""
CLOSING = "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
# Before PostgreSQL 15 a superuser owned the schema, and upgrades leave it so: who only owns the
# database could then make nothing in it.
HANDING_OVER = "ALTER SCHEMA public OWNER TO pg_database_owner"
# What everybody may do with functions is PostgreSQL's own default, and migrations take it back.
GIVEN_AWAY = """
    SELECT
        others.name,
        string_agg(granted.privilege_type, ', ' ORDER BY granted.privilege_type),
        kinds.name,
        format(
            'ALTER DEFAULT PRIVILEGES FOR ROLE %I %sREVOKE ALL ON %s FROM %s',
            current_user,
            'IN SCHEMA ' || quote_ident(nspname) || ' ',
            upper(kinds.name),
            others.name
        )
    FROM pg_default_acl
    LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace
    INNER JOIN (
        VALUES ('r'::"char", 'tables'), ('f'::"char", 'functions')
    ) AS kinds (letter, name) ON kinds.letter = defaclobjtype
    CROSS JOIN LATERAL aclexplode(defaclacl) AS granted
    CROSS JOIN LATERAL (
        SELECT
            CASE
                WHEN granted.grantee = 0 THEN 'PUBLIC'
                ELSE quote_ident(pg_get_userbyid(granted.grantee))
            END
    ) AS others (name)
    WHERE
        pg_get_userbyid(defaclrole) = current_user
        AND coalesce(nspname, 'public') IN ('public', 'pipeline')
        AND granted.grantee <> defaclrole
        AND NOT (granted.grantee = 0 AND defaclobjtype = 'f')
    GROUP BY others.name, kinds.name, nspname
    ORDER BY kinds.name, others.name, nspname
"""

STARTS_IN_UTC = """
    SELECT EXISTS (
        SELECT FROM pg_db_role_setting
        WHERE
            setrole = 0
            AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND 'timezone=utc' = ANY (lower(setconfig::TEXT)::TEXT[])
    )
"""


def refuse_other_encodings(connection: psycopg.Connection) -> None:
    """Refuse a database that cannot hold every text, or whose texts need not be UTF-8.

    Raises:
        SchemaMismatchError: it is not encoded in UTF-8; nothing was changed.
    """
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != ENCODING:
        raise SchemaMismatchError(
            f"the database {connection.info.dbname} is encoded in {encoding}, not in {ENCODING}. "
            "Nothing was changed: migrate one that was created with "
            f"ENCODING '{ENCODING}' TEMPLATE template0"
        )


def refuse_occupied(connection: psycopg.Connection, statements: Iterable[str]) -> None:
    """Refuse a database without any migration that has something of a name that they make.

    Raises:
        SchemaMismatchError: names it; nothing was changed.
    """
    ours = [name.lower() for text in statements for name in CREATED.findall(text)]
    taken = [name for (name,) in connection.execute(TAKEN, [sorted(set(ours))])]
    if taken:
        more = f" and {len(taken) - MOST_NAMED} more" if len(taken) > MOST_NAMED else ""
        raise SchemaMismatchError(
            f"the schema public of the database {connection.info.dbname} has "
            f"{', '.join(taken[:MOST_NAMED])}{more}, and not by `sociallive migrate`, which makes "
            "them itself. Nothing was changed: migrate a database of its own, and bring the rows "
            "there with `sociallive load`"
        )


def close_public(connection: psycopg.Connection) -> None:
    """See to it that only who was chosen makes anything in `public`.

    It lies on the search path of functions that run with their owner's rights: whoever may add a
    closer match of what they call, acts as the owner.

    Raises:
        UsageError: everybody may, and this user cannot change that; nothing was changed.
    """
    with connection.transaction():
        if not _is_open(connection):
            return
        connection.execute(CLOSING)
        if _is_open(connection):
            raise UsageError(
                f"everybody may create functions in the schema public of the database "
                f"{connection.info.dbname}, which would then run with the rights of "
                f"{connection.info.user}: a superuser should run in it: {HANDING_OVER}; {CLOSING}"
            )


def start_in_utc(connection: psycopg.Connection) -> list[str]:
    """See to it that new sessions of the database start in UTC, and say so where that is new.

    A dump does not hold this setting: in a restored database the platform's defaults would store
    the server's local time.
    """
    if _answer(connection, STARTS_IN_UTC):
        return []
    name = connection.info.dbname
    setting = sql.SQL("ALTER DATABASE {} SET timezone TO 'UTC'").format(sql.Identifier(name))
    try:
        with connection.transaction():
            connection.execute(setting)
    except psycopg.errors.InsufficientPrivilege:
        note = (
            f"sessions of the database {name} may start in another time zone than UTC, which dates "
            f"the platform's rows: its owner should run: {setting.as_string(connection)}"
        )
        return [note]
    return [
        f"new sessions of the database {name} start in UTC again: applications should reconnect"
    ]


def rights_given_away(connection: psycopg.Connection) -> list[str]:
    """One sentence for each default privilege by which others get at what we make."""
    return [
        f"{others} gets {rights} on all {kind} that {connection.info.user} makes, private ones and "
        f"months of engagement too, by a default privilege; unless that is meant, revoke what was "
        f"granted so far, and run: {ending}"
        for others, rights, kind, ending in connection.execute(GIVEN_AWAY)
    ]


def _is_open(connection: psycopg.Connection) -> bool:
    return _answer(connection, "SELECT has_schema_privilege('public', 'public', 'CREATE')")


def _answer(connection: psycopg.Connection, query: LiteralString) -> bool:
    row = connection.execute(query).fetchone()
    return row is not None and row[0]
