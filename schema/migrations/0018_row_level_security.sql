-- Users see their own sessions only; the policy is forced, so that it binds the tables' owner too.
-- current_user_id() stands in a sub-select: asked once per statement, not once per row.
-- The pipeline reads all sessions, through columns that 0019 chooses. Its policy asks for the role
-- taken on, not for membership: the tables' owner is a member, and holds the private columns too.
-- Locks: ACCESS EXCLUSIVE on user_sessions, which is empty.

ALTER TABLE user_sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_sessions FORCE ROW LEVEL SECURITY;

CREATE POLICY user_sessions_policy ON user_sessions
FOR ALL TO authenticated_users
USING (user_id = (SELECT current_user_id()))
WITH CHECK (user_id = (SELECT current_user_id()));

CREATE POLICY user_sessions_pipeline_policy ON user_sessions
FOR SELECT TO sociallive_reader
USING (current_user = 'sociallive_reader');
