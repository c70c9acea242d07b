-- UNIQUE (user_id, post_id, engagement_type) across all partitions, archived months included.
-- One row per key ever used; row triggers keep it, and they are cloned to every partition, so writes
-- that name a partition count too. A second row with the same key fails with SQLSTATE 23505 and the
-- constraint name that the specification's UNIQUE would have had.
-- Moving a row (default partition to month, live to archive, back) is neither an unlike nor a new
-- like: whoever moves says SET LOCAL sociallive.moving_engagement = 'on', and the keys stay put.
-- SECURITY DEFINER, so that roles which write engagement need no right to the keys. No SET
-- search_path on the two functions that run per row (it costs more than the rest of the call); every
-- name and operator in them is qualified instead.
-- Locks: SHARE ROW EXCLUSIVE on user_engagement for the triggers; the table is still empty.

CREATE TABLE user_engagement_keys (
    user_id UUID NOT NULL,
    post_id UUID NOT NULL,
    engagement_type ENGAGEMENT_TYPE_ENUM NOT NULL,
    CONSTRAINT user_engagement_user_id_post_id_engagement_type_key
    PRIMARY KEY (user_id, post_id, engagement_type)
);

COMMENT ON TABLE user_engagement_keys IS
'Keys of user_engagement and its archive; kept by triggers, never written by hand.';

CREATE FUNCTION claim_engagement_key() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF pg_catalog.current_setting('sociallive.moving_engagement', TRUE)
        OPERATOR(pg_catalog.=) 'on'
    THEN
        INSERT INTO public.user_engagement_keys (user_id, post_id, engagement_type)
        VALUES (NEW.user_id, NEW.post_id, NEW.engagement_type)
        ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO public.user_engagement_keys (user_id, post_id, engagement_type)
        VALUES (NEW.user_id, NEW.post_id, NEW.engagement_type);
    END IF;
    RETURN NULL;
END;
$$;

CREATE FUNCTION release_engagement_key() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    DELETE FROM public.user_engagement_keys AS held
    WHERE
        held.user_id OPERATOR(pg_catalog.=) OLD.user_id
        AND held.post_id OPERATOR(pg_catalog.=) OLD.post_id
        AND held.engagement_type OPERATOR(pg_catalog.=) OLD.engagement_type;
    RETURN NULL;
END;
$$;

CREATE FUNCTION change_engagement_key() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM user_engagement_keys AS held
    WHERE
        held.user_id = OLD.user_id
        AND held.post_id = OLD.post_id
        AND held.engagement_type = OLD.engagement_type;
    INSERT INTO user_engagement_keys (user_id, post_id, engagement_type)
    VALUES (NEW.user_id, NEW.post_id, NEW.engagement_type);
    RETURN NULL;
END;
$$;

-- TRUNCATE fires no row trigger, and its statement triggers are not cloned: each partition carries
-- this one itself (TRUNCATE of the parent or of posts reaches the partitions).
CREATE FUNCTION release_all_engagement_keys() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE format(
        'DELETE FROM user_engagement_keys AS held USING %s AS gone '
        'WHERE held.user_id = gone.user_id AND held.post_id = gone.post_id '
        'AND held.engagement_type = gone.engagement_type',
        TG_RELID::regclass
    );
    RETURN NULL;
END;
$$;

CREATE TRIGGER claim_engagement_key
AFTER INSERT ON user_engagement
FOR EACH ROW EXECUTE FUNCTION claim_engagement_key();

CREATE TRIGGER release_engagement_key
AFTER DELETE ON user_engagement
FOR EACH ROW
WHEN (current_setting('sociallive.moving_engagement', TRUE) IS DISTINCT FROM 'on')
EXECUTE FUNCTION release_engagement_key();

CREATE TRIGGER change_engagement_key
AFTER UPDATE OF user_id, post_id, engagement_type ON user_engagement
FOR EACH ROW
WHEN (
    (OLD.user_id, OLD.post_id, OLD.engagement_type)
    IS DISTINCT FROM (NEW.user_id, NEW.post_id, NEW.engagement_type)
)
EXECUTE FUNCTION change_engagement_key();

CREATE TRIGGER release_all_engagement_keys
BEFORE TRUNCATE ON user_engagement_default
FOR EACH STATEMENT EXECUTE FUNCTION release_all_engagement_keys();

-- Insert or ignore, for callers that would have written ON CONFLICT DO NOTHING: the id of the new
-- row, or NULL when this user has engaged with this post this way before. Takes the key first, so
-- that of two at once one waits and then gets NULL; no exception block, no subtransaction.
CREATE FUNCTION record_engagement(
    user_id UUID,
    post_id UUID,
    engagement_type ENGAGEMENT_TYPE_ENUM,
    value NUMERIC DEFAULT 1.0,
    metadata JSONB DEFAULT NULL
) RETURNS UUID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    caller_moves CONSTANT TEXT := coalesce(current_setting('sociallive.moving_engagement', TRUE), '');
    new_id UUID;
BEGIN
    INSERT INTO user_engagement_keys
    VALUES (record_engagement.user_id, record_engagement.post_id, record_engagement.engagement_type)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('sociallive.moving_engagement', 'on', TRUE);
    INSERT INTO user_engagement (user_id, post_id, engagement_type, value, metadata)
    VALUES (
        record_engagement.user_id,
        record_engagement.post_id,
        record_engagement.engagement_type,
        record_engagement.value,
        record_engagement.metadata
    )
    RETURNING id INTO new_id;
    PERFORM set_config('sociallive.moving_engagement', caller_moves, TRUE);
    RETURN new_id;
END;
$$;

REVOKE ALL ON FUNCTION
claim_engagement_key(), release_engagement_key(), change_engagement_key(),
release_all_engagement_keys(),
record_engagement(UUID, UUID, ENGAGEMENT_TYPE_ENUM, NUMERIC, JSONB)
FROM PUBLIC;
