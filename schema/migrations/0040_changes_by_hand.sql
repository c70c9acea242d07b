-- What people do to the platform's tables by hand, that keys, notes and the archive did not see.
-- Locks: SHARE ROW EXCLUSIVE on user_engagement_archive with its partitions, users and audit_log for
-- their triggers: their writers wait for milliseconds, readers go on.

-- An archived row holds its key as a live one does, whatever is done to it. A row that moves holds it
-- already: to find that out row by row made moving a fifth slower.
CREATE TRIGGER claim_engagement_key
AFTER INSERT ON user_engagement_archive
FOR EACH ROW
WHEN (current_setting('sociallive.moving_engagement', TRUE) IS DISTINCT FROM 'on')
EXECUTE FUNCTION claim_engagement_key();

CREATE TRIGGER change_engagement_key
AFTER UPDATE OF user_id, post_id, engagement_type ON user_engagement_archive
FOR EACH ROW
WHEN (
    (OLD.user_id, OLD.post_id, OLD.engagement_type)
    IS DISTINCT FROM (NEW.user_id, NEW.post_id, NEW.engagement_type)
)
EXECUTE FUNCTION change_engagement_key();
