-- Whether the platform still names an account that it has deleted. Locks: none.
-- Safe to re-run: changes nothing.
SELECT pipeline.has_traces_of(%(account)s);
