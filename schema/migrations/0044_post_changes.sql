-- Every change of a post dates it, as the specification has it, also of columns that the platform adds:
-- the list of columns in 0004 passed over them. But for the pipeline's own: a score written back is no
-- change that anybody made, and would date every scored post every day.
-- Locks: SHARE ROW EXCLUSIVE on posts for the trigger: its writers wait for milliseconds.

CREATE OR REPLACE TRIGGER update_posts_updated_at
BEFORE UPDATE ON posts
FOR EACH ROW
WHEN (current_user IS DISTINCT FROM 'sociallive_writer')
EXECUTE FUNCTION update_updated_at_column();
