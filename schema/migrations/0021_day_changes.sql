-- Which days changed after they had ended, noted by the database itself when it happens, in the
-- transaction that changes them: scanning the past to find out costs more than reading it.
-- A note has the difference in rows and the sum of the rows' hashes, so that notes of one day add up:
-- a row inserted late and deleted again leaves nothing. Where a change is not that simple (an updated
-- column, a row that counts on many days) the fingerprint is NULL: that day has to be looked at again.
-- What a transaction that began before the day's end inserts needs no note: the day is provisional
-- as long as such a transaction is open.
-- Row triggers, because they are cloned to every partition and see cascades; their WHEN costs a row
-- of today next to nothing (docs/decisions/0008 has the figures).
-- SECURITY DEFINER: whoever may change a platform table needs no right to the notes.
-- Bulk loads set sociallive.noted_in_bulk = 'on' for their transaction and note their days once.
-- Locks: SHARE ROW EXCLUSIVE on the platform's tables, one after the other, for the triggers: their
-- writers wait for milliseconds, readers go on.

CREATE TABLE pipeline.day_changes (
    table_name TEXT NOT NULL,
    days DATEMULTIRANGE NOT NULL,
    row_delta BIGINT NOT NULL,
    fingerprint_delta NUMERIC,
    xid XID8 NOT NULL DEFAULT pg_current_xact_id(),
    noted_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE pipeline.day_changes IS
'Changes of rows whose UTC day had ended, not yet ingested; read and removed by the ingestion.';

GRANT SELECT, INSERT, UPDATE, DELETE ON pipeline.day_changes TO sociallive_writer;
GRANT SELECT ON pipeline.day_changes TO sociallive_reader;

-- First instant of the current UTC day: what lies before it has ended.
CREATE FUNCTION pipeline.today_starts_at() RETURNS TIMESTAMP
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC');

-- Notes a change of a span of days, as far as they have ended.
CREATE FUNCTION pipeline.note_day_change(
    table_name TEXT,
    first_at TIMESTAMP,
    last_at TIMESTAMP,
    row_delta BIGINT,
    fingerprint_delta NUMERIC
) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    yesterday CONSTANT DATE := (pipeline.today_starts_at() - INTERVAL '1 day')::DATE;
    last_day CONSTANT DATE := least(last_at::DATE, yesterday);
BEGIN
    IF first_at::DATE <= last_day THEN
        INSERT INTO pipeline.day_changes (table_name, days, row_delta, fingerprint_delta)
        VALUES (
            note_day_change.table_name,
            datemultirange(daterange(first_at::DATE, last_day, '[]')),
            note_day_change.row_delta,
            note_day_change.fingerprint_delta
        );
    END IF;
END;
$$;

-- A row that counts on the day of its created_at; the table's name is the trigger's argument.
CREATE FUNCTION pipeline.note_created_day() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM pipeline.note_day_change(TG_ARGV[0], OLD.created_at, OLD.created_at, -1, NULL);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM pipeline.note_day_change(TG_ARGV[0], NEW.created_at, NEW.created_at, 1, NULL);
    END IF;
    RETURN NULL;
END;
$$;

-- TRUNCATE fires no row trigger.
CREATE FUNCTION pipeline.note_truncated_days() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO pipeline.day_changes (table_name, days, row_delta) '
        'SELECT %L, datemultirange(daterange(gone.created_at::DATE, gone.created_at::DATE, ''[]'')), '
        '-count(*) FROM ONLY %s AS gone WHERE gone.created_at < pipeline.today_starts_at() '
        'GROUP BY gone.created_at::DATE',
        TG_ARGV[0], TG_RELID::regclass
    );
    RETURN NULL;
END;
$$;

-- What counts on spans of days: from the oldest moment that the query given to the trigger finds.
CREATE FUNCTION pipeline.note_truncated_span() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE format(
        'SELECT pipeline.note_day_change(%L, (%s), ''infinity'', 0, NULL)', TG_ARGV[0], TG_ARGV[1]
    );
    RETURN NULL;
END;
$$;

-- A moderation case is pending on every day from its creation to its review.
CREATE FUNCTION pipeline.note_moderation_days() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND (OLD.created_at, OLD.content_type) = (NEW.created_at, NEW.content_type)
    THEN
        -- Only the review moved: nothing changes before the earlier of the two.
        PERFORM pipeline.note_day_change(
            'content_moderation', least(OLD.reviewed_at, NEW.reviewed_at), 'infinity', 0, NULL
        );
    ELSE
        IF TG_OP <> 'INSERT' THEN
            PERFORM pipeline.note_day_change(
                'content_moderation', OLD.created_at, coalesce(OLD.reviewed_at, 'infinity'), 0, NULL
            );
        END IF;
        IF TG_OP <> 'DELETE' THEN
            PERFORM pipeline.note_day_change(
                'content_moderation', NEW.created_at, coalesce(NEW.reviewed_at, 'infinity'), 0, NULL
            );
        END IF;
    END IF;
    RETURN NULL;
END;
$$;

-- A session was alive on every day until it expired. One that ends (logged out, expired, cleaned up)
-- was alive all the same: only an account that is gone takes its sessions' days with it.
CREATE FUNCTION pipeline.note_session_days() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM pipeline.note_day_change(
            'user_sessions', NEW.created_at, NEW.expires_at, 0, NULL
        );
    ELSIF NOT EXISTS (SELECT FROM users WHERE users.id = OLD.user_id) THEN
        PERFORM pipeline.note_day_change(
            'user_sessions', OLD.created_at, OLD.expires_at, 0, NULL
        );
    END IF;
    RETURN NULL;
END;
$$;

-- A post that is soft-deleted with a date in the past, or brought back, was taken for alive (or
-- deleted) on every day since. Deleted now, it changes no day that has ended. OLD is NULL on INSERT.
CREATE FUNCTION pipeline.note_deleted_days() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pipeline.note_day_change(
        'posts', least(OLD.deleted_at, NEW.deleted_at), 'infinity', 0, NULL
    );
    RETURN NULL;
END;
$$;

-- A post also stands in the states of the days on which it was changed and soft-deleted.
CREATE FUNCTION pipeline.note_touched_days() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pipeline.note_day_change('posts', OLD.updated_at, OLD.updated_at, 0, NULL);
    PERFORM pipeline.note_day_change('posts', OLD.deleted_at, OLD.deleted_at, 0, NULL);
    RETURN NULL;
END;
$$;

-- A deleted follow counts on the day it was deleted and on the day it had begun.
CREATE FUNCTION pipeline.note_unfollow_days() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moments TIMESTAMP[];
    moment TIMESTAMP;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        moments := ARRAY[OLD.timestamp, (OLD.old_values ->> 'created_at')::TIMESTAMP];
    END IF;
    IF TG_OP <> 'DELETE' THEN
        moments := moments || ARRAY[NEW.timestamp, (NEW.old_values ->> 'created_at')::TIMESTAMP];
    END IF;
    FOREACH moment IN ARRAY moments LOOP
        PERFORM pipeline.note_day_change('user_followers', moment, moment, 0, NULL);
    END LOOP;
    RETURN NULL;
END;
$$;

REVOKE ALL ON FUNCTION
pipeline.today_starts_at(),
pipeline.note_day_change(TEXT, TIMESTAMP, TIMESTAMP, BIGINT, NUMERIC),
pipeline.note_created_day(),
pipeline.note_truncated_days(),
pipeline.note_truncated_span(),
pipeline.note_moderation_days(),
pipeline.note_session_days(),
pipeline.note_deleted_days(),
pipeline.note_touched_days(),
pipeline.note_unfollow_days()
FROM PUBLIC;

-- Tables whose rows count on the day of their created_at, with the columns that numbers depend on.
DO $$
DECLARE
    today CONSTANT TEXT := 'date_trunc(''day'', clock_timestamp() AT TIME ZONE ''UTC'')';
    counted RECORD;
BEGIN
    FOR counted IN
        SELECT * FROM (
            VALUES
            ('users', 'created_at'),
            ('posts', 'user_id, media_type, created_at'),
            ('comments', 'post_id, user_id, created_at'),
            ('media_files', 'user_id, processing_status, file_size, created_at')
        ) AS listed (table_name, column_names)
    LOOP
        EXECUTE format(
            'CREATE TRIGGER note_late_insert AFTER INSERT ON %1$I FOR EACH ROW '
            'WHEN (NEW.created_at < %2$s '
            'AND current_setting(''sociallive.noted_in_bulk'', TRUE) IS DISTINCT FROM ''on'') '
            'EXECUTE FUNCTION pipeline.note_created_day(%1$L)',
            counted.table_name, today
        );
        EXECUTE format(
            'CREATE TRIGGER note_late_update AFTER UPDATE OF %3$s ON %1$I FOR EACH ROW '
            'WHEN (least(OLD.created_at, NEW.created_at) < %2$s '
            'AND (OLD.%4$s) IS DISTINCT FROM (NEW.%5$s)) '
            'EXECUTE FUNCTION pipeline.note_created_day(%1$L)',
            counted.table_name, today, counted.column_names,
            replace(counted.column_names, ', ', ', OLD.'),
            replace(counted.column_names, ', ', ', NEW.')
        );
        EXECUTE format(
            'CREATE TRIGGER note_late_delete AFTER DELETE ON %1$I FOR EACH ROW '
            'WHEN (OLD.created_at < %2$s) EXECUTE FUNCTION pipeline.note_created_day(%1$L)',
            counted.table_name, today
        );
        EXECUTE format(
            'CREATE TRIGGER note_truncated_days BEFORE TRUNCATE ON %1$I '
            'FOR EACH STATEMENT EXECUTE FUNCTION pipeline.note_truncated_days(%1$L)',
            counted.table_name
        );
    END LOOP;
END;
$$;

CREATE TRIGGER note_late_deletion
AFTER UPDATE OF deleted_at ON posts
FOR EACH ROW
WHEN (
    OLD.deleted_at IS DISTINCT FROM NEW.deleted_at
    AND least(OLD.deleted_at, NEW.deleted_at)
    < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
)
EXECUTE FUNCTION pipeline.note_deleted_days();

CREATE TRIGGER note_inserted_deletion
AFTER INSERT ON posts
FOR EACH ROW
WHEN (
    NEW.deleted_at < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
    AND current_setting('sociallive.noted_in_bulk', TRUE) IS DISTINCT FROM 'on'
)
EXECUTE FUNCTION pipeline.note_deleted_days();

CREATE TRIGGER note_late_removal
AFTER DELETE ON posts
FOR EACH ROW
WHEN (
    least(OLD.updated_at, OLD.deleted_at) < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
)
EXECUTE FUNCTION pipeline.note_touched_days();

-- A follow that is deleted goes on counting, from the audit trail.
CREATE TRIGGER note_late_insert
AFTER INSERT ON user_followers
FOR EACH ROW
WHEN (
    NEW.created_at < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
    AND current_setting('sociallive.noted_in_bulk', TRUE) IS DISTINCT FROM 'on'
)
EXECUTE FUNCTION pipeline.note_created_day('user_followers');

CREATE TRIGGER note_late_update
AFTER UPDATE OF follower_id, following_id, created_at ON user_followers
FOR EACH ROW
WHEN (
    (OLD.follower_id, OLD.following_id, OLD.created_at)
    IS DISTINCT FROM (NEW.follower_id, NEW.following_id, NEW.created_at)
    AND least(OLD.created_at, NEW.created_at)
    < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
)
EXECUTE FUNCTION pipeline.note_created_day('user_followers');

CREATE TRIGGER note_late_insert
AFTER INSERT ON audit_log
FOR EACH ROW
WHEN (
    NEW.table_name = 'user_followers' AND NEW.operation = 'DELETE'
    AND NEW.timestamp < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
)
EXECUTE FUNCTION pipeline.note_unfollow_days();

CREATE TRIGGER note_late_update
AFTER UPDATE ON audit_log
FOR EACH ROW
WHEN (
    NEW.table_name = 'user_followers' AND NEW.operation = 'DELETE'
    AND least(OLD.timestamp, NEW.timestamp)
    < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
)
EXECUTE FUNCTION pipeline.note_unfollow_days();

CREATE TRIGGER note_late_delete
AFTER DELETE ON audit_log
FOR EACH ROW
WHEN (
    OLD.table_name = 'user_followers' AND OLD.operation = 'DELETE'
    AND OLD.timestamp < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
)
EXECUTE FUNCTION pipeline.note_unfollow_days();

CREATE TRIGGER note_late_insert
AFTER INSERT ON content_moderation
FOR EACH ROW
WHEN (
    NEW.created_at < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
    AND current_setting('sociallive.noted_in_bulk', TRUE) IS DISTINCT FROM 'on'
)
EXECUTE FUNCTION pipeline.note_moderation_days();

CREATE TRIGGER note_late_delete
AFTER DELETE ON content_moderation
FOR EACH ROW
WHEN (OLD.created_at < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC'))
EXECUTE FUNCTION pipeline.note_moderation_days();

CREATE TRIGGER note_late_update
AFTER UPDATE OF content_type, reviewed_at, created_at ON content_moderation
FOR EACH ROW
WHEN (
    (OLD.content_type, OLD.reviewed_at, OLD.created_at)
    IS DISTINCT FROM (NEW.content_type, NEW.reviewed_at, NEW.created_at)
    AND least(OLD.created_at, NEW.created_at)
    < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
)
EXECUTE FUNCTION pipeline.note_moderation_days();

CREATE TRIGGER note_late_insert
AFTER INSERT ON user_sessions
FOR EACH ROW
WHEN (
    NEW.created_at < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
    AND current_setting('sociallive.noted_in_bulk', TRUE) IS DISTINCT FROM 'on'
)
EXECUTE FUNCTION pipeline.note_session_days();

CREATE TRIGGER note_late_delete
AFTER DELETE ON user_sessions
FOR EACH ROW
WHEN (OLD.created_at < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC'))
EXECUTE FUNCTION pipeline.note_session_days();

-- Sessions go with the accounts; truncated alone they ended like any other.
CREATE TRIGGER note_truncated_sessions
BEFORE TRUNCATE ON users
FOR EACH STATEMENT
EXECUTE FUNCTION pipeline.note_truncated_span(
    'user_sessions', 'SELECT min(created_at) FROM public.users'
);

CREATE TRIGGER note_truncated_states
BEFORE TRUNCATE ON posts
FOR EACH STATEMENT
EXECUTE FUNCTION pipeline.note_truncated_span(
    'posts', 'SELECT min(created_at) FROM public.posts'
);

CREATE TRIGGER note_truncated_span
BEFORE TRUNCATE ON content_moderation
FOR EACH STATEMENT
EXECUTE FUNCTION pipeline.note_truncated_span(
    'content_moderation', 'SELECT min(created_at) FROM public.content_moderation'
);

CREATE TRIGGER note_truncated_span
BEFORE TRUNCATE ON audit_log
FOR EACH STATEMENT
EXECUTE FUNCTION pipeline.note_truncated_span(
    'user_followers',
    'SELECT least(min(followed_at), min(deleted_at)) FROM pipeline.follow_deletions'
);
