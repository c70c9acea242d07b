-- A moderation case without created_at counts on the day of its review. 0021 noted no change of such a
-- case, nor that of one reviewed before it was created: its triggers looked at created_at alone.
-- Locks: SHARE ROW EXCLUSIVE on content_moderation for its triggers: its writers wait for
-- milliseconds, readers go on.

-- A case is pending on every day from its creation to its review, and decided on the day of its review.
CREATE OR REPLACE FUNCTION pipeline.note_moderation_days() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Without created_at the comparison is NULL: such a case has days of review and no span.
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
                'content_moderation',
                least(OLD.created_at, OLD.reviewed_at),
                coalesce(OLD.reviewed_at, 'infinity'),
                0,
                NULL
            );
        END IF;
        IF TG_OP <> 'DELETE' THEN
            PERFORM pipeline.note_day_change(
                'content_moderation',
                least(NEW.created_at, NEW.reviewed_at),
                coalesce(NEW.reviewed_at, 'infinity'),
                0,
                NULL
            );
        END IF;
    END IF;
    RETURN NULL;
END;
$$;

-- least() ignores NULL.
CREATE OR REPLACE TRIGGER note_late_insert
AFTER INSERT ON content_moderation
FOR EACH ROW
WHEN (
    least(NEW.created_at, NEW.reviewed_at)
    < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
    AND current_setting('sociallive.noted_in_bulk', TRUE) IS DISTINCT FROM 'on'
)
EXECUTE FUNCTION pipeline.note_moderation_days();

CREATE OR REPLACE TRIGGER note_late_delete
AFTER DELETE ON content_moderation
FOR EACH ROW
WHEN (
    least(OLD.created_at, OLD.reviewed_at)
    < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
)
EXECUTE FUNCTION pipeline.note_moderation_days();

CREATE OR REPLACE TRIGGER note_late_update
AFTER UPDATE OF content_type, reviewed_at, created_at ON content_moderation
FOR EACH ROW
WHEN (
    (OLD.content_type, OLD.reviewed_at, OLD.created_at)
    IS DISTINCT FROM (NEW.content_type, NEW.reviewed_at, NEW.created_at)
    AND least(OLD.created_at, OLD.reviewed_at, NEW.created_at, NEW.reviewed_at)
    < date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC')
)
EXECUTE FUNCTION pipeline.note_moderation_days();

CREATE OR REPLACE TRIGGER note_truncated_span
BEFORE TRUNCATE ON content_moderation
FOR EACH STATEMENT
EXECUTE FUNCTION pipeline.note_truncated_span(
    'content_moderation', 'SELECT min(least(created_at, reviewed_at)) '
    'FROM public.content_moderation'
);
