-- A day ago, UTC: what is committed from now on began later. Locks: none.
-- Safe to re-run: changes nothing.
SELECT localtimestamp - INTERVAL '1 day' AS moment;
