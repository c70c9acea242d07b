-- What people do to the platform's tables by hand, that keys, notes and the archive did not see.
-- Locks: SHARE ROW EXCLUSIVE on user_engagement_archive with its partitions, users and audit_log for
-- their triggers: their writers wait for milliseconds, readers go on.

-- An archived row holds its key as a live one does, whatever is done to it. Who archives by copying and
-- then deleting has the row in both tables for a while: the copy finds its key taken, and what is deleted
-- leaves it to the copy. A row that moves is asked nothing: that made moving a fifth slower.
CREATE FUNCTION claim_archived_engagement_key() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.user_engagement_keys (user_id, post_id, engagement_type)
    VALUES (NEW.user_id, NEW.post_id, NEW.engagement_type)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END;
$$;

CREATE OR REPLACE FUNCTION release_engagement_key() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    DELETE FROM public.user_engagement_keys AS held
    WHERE
        held.user_id OPERATOR(pg_catalog.=) OLD.user_id
        AND held.post_id OPERATOR(pg_catalog.=) OLD.post_id
        AND held.engagement_type OPERATOR(pg_catalog.=) OLD.engagement_type
        AND NOT EXISTS (
            SELECT FROM public.user_engagement_archive AS copied
            WHERE
                copied.id OPERATOR(pg_catalog.=) OLD.id
                AND copied.created_at OPERATOR(pg_catalog.=) OLD.created_at
        );
    RETURN NULL;
END;
$$;

CREATE TRIGGER claim_engagement_key
AFTER INSERT ON user_engagement_archive
FOR EACH ROW
WHEN (current_setting('sociallive.moving_engagement', TRUE) IS DISTINCT FROM 'on')
EXECUTE FUNCTION claim_archived_engagement_key();

REVOKE ALL ON FUNCTION claim_archived_engagement_key() FROM PUBLIC;

CREATE TRIGGER change_engagement_key
AFTER UPDATE OF user_id, post_id, engagement_type ON user_engagement_archive
FOR EACH ROW
WHEN (
    (OLD.user_id, OLD.post_id, OLD.engagement_type)
    IS DISTINCT FROM (NEW.user_id, NEW.post_id, NEW.engagement_type)
)
EXECUTE FUNCTION change_engagement_key();

-- As in 0027, also where a bound is MINVALUE or MAXVALUE: partition_bounds() knows none then.
CREATE OR REPLACE FUNCTION pipeline.find_odd_partition(cut_off DATE) RETURNS REGCLASS
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT live.inhrelid::REGCLASS
    FROM pg_inherits AS live
    INNER JOIN pg_class AS tables ON live.inhrelid = tables.oid
    CROSS JOIN LATERAL pipeline.partition_bounds(live.inhrelid) AS bounds
    CROSS JOIN LATERAL pg_get_expr(tables.relpartbound, tables.oid) AS written_bounds
    WHERE
        live.inhparent = 'user_engagement'::REGCLASS
        AND written_bounds <> 'DEFAULT'
        AND coalesce(
            substring(written_bounds FROM 'FROM \(''([^'']+)''\)')::TIMESTAMP, '-infinity'
        ) < cut_off
        AND (
            bounds IS NULL
            OR live.inhrelid
            IS DISTINCT FROM pipeline.month_in('user_engagement', bounds[1]::DATE)::OID
            OR bounds[1] <> date_trunc('month', bounds[1])
            OR bounds[2] <> bounds[1] + INTERVAL '1 month'
        )
    LIMIT 1;
$$;

-- Statement triggers are not cloned: a partition that somebody else made answers no TRUNCATE. Gives one
-- such partition what it lacks; returns its name, or NULL when none lacks anything.
-- Locks: SHARE ROW EXCLUSIVE on the partition, within the patience.
CREATE FUNCTION pipeline.complete_engagement_partition(patience_ms INTEGER) RETURNS TEXT
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    missing RECORD;
    statement TEXT;
BEGIN
    SELECT
        leaf.relid,
        array_agg(
            format(
                'CREATE TRIGGER %I BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION %s()',
                answer.trigger_name, leaf.relid, answer.function_name
            )
        ) AS statements
    INTO missing
    FROM (
        SELECT * FROM pg_partition_tree('user_engagement')
        UNION ALL
        SELECT * FROM pg_partition_tree('user_engagement_archive')
    ) AS leaf
    CROSS JOIN (
        VALUES
        ('release_all_engagement_keys', 'public.release_all_engagement_keys'),
        ('note_truncated_days', 'pipeline.note_truncated_engagement')
    ) AS answer (trigger_name, function_name)
    WHERE
        leaf.isleaf
        AND NOT EXISTS (
            SELECT FROM pg_trigger AS held
            WHERE held.tgrelid = leaf.relid AND held.tgname = answer.trigger_name
        )
    GROUP BY leaf.relid
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM pipeline.keep_vacuum_away(missing.relid);
    PERFORM pipeline.lock_within(
        patience_ms, ARRAY[format('ONLY %s IN SHARE ROW EXCLUSIVE MODE', missing.relid)]
    );
    FOREACH statement IN ARRAY missing.statements LOOP
        EXECUTE statement;
    END LOOP;
    RETURN missing.relid::REGCLASS::TEXT;
END;
$$;

-- A deleted follow counts on the day it was deleted and on the day it had begun, while its entry says so.
CREATE OR REPLACE FUNCTION pipeline.note_unfollow_days() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moments TIMESTAMP[];
    moment TIMESTAMP;
BEGIN
    -- OLD is NULL on INSERT, NEW on DELETE.
    IF (OLD.table_name, OLD.operation) = ('user_followers', 'DELETE') THEN
        moments := ARRAY[OLD.timestamp, (OLD.old_values ->> 'created_at')::TIMESTAMP];
    END IF;
    IF (NEW.table_name, NEW.operation) = ('user_followers', 'DELETE') THEN
        moments := moments || ARRAY[NEW.timestamp, (NEW.old_values ->> 'created_at')::TIMESTAMP];
    END IF;
    FOREACH moment IN ARRAY moments LOOP
        PERFORM pipeline.note_day_change('user_followers', moment, moment, 0, NULL);
    END LOOP;
    RETURN NULL;
END;
$$;

-- An entry of today may be about a follow of a day that has ended: only a new one changes nothing then.
CREATE OR REPLACE TRIGGER note_late_update
AFTER UPDATE OF table_name, operation, old_values, timestamp ON audit_log
FOR EACH ROW
WHEN (
    (OLD.table_name, OLD.operation, OLD.old_values, OLD.timestamp)
    IS DISTINCT FROM (NEW.table_name, NEW.operation, NEW.old_values, NEW.timestamp)
    AND (
        (OLD.table_name, OLD.operation) = ('user_followers', 'DELETE')
        OR (NEW.table_name, NEW.operation) = ('user_followers', 'DELETE')
    )
)
EXECUTE FUNCTION pipeline.note_unfollow_days();

CREATE OR REPLACE TRIGGER note_late_delete
AFTER DELETE ON audit_log
FOR EACH ROW
WHEN ((OLD.table_name, OLD.operation) = ('user_followers', 'DELETE'))
EXECUTE FUNCTION pipeline.note_unfollow_days();

-- An account that acted before it was created is listed on the days on which it did so: with its
-- created_at all days between the two may change.
CREATE FUNCTION pipeline.note_account_days() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pipeline.note_day_change('users', OLD.created_at, OLD.created_at, -1, NULL);
    PERFORM pipeline.note_day_change('users', NEW.created_at, NEW.created_at, 1, NULL);
    PERFORM pipeline.note_day_change(
        'users',
        least(OLD.created_at, NEW.created_at),
        greatest(OLD.created_at, NEW.created_at),
        0,
        NULL
    );
    RETURN NULL;
END;
$$;

CREATE OR REPLACE TRIGGER note_late_update
AFTER UPDATE OF created_at ON users
FOR EACH ROW
WHEN (
    least(OLD.created_at, NEW.created_at)
    < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
    AND OLD.created_at IS DISTINCT FROM NEW.created_at
)
EXECUTE FUNCTION pipeline.note_account_days();

REVOKE ALL ON FUNCTION
pipeline.complete_engagement_partition(INTEGER),
pipeline.note_account_days()
FROM PUBLIC;

GRANT EXECUTE ON FUNCTION pipeline.complete_engagement_partition(INTEGER) TO sociallive_operator;
