-- How often a creator wants reports; nothing without such an account.
-- Locks: none that anyone waits for. Safe to re-run: it changes nothing.
SELECT coalesce(preferences.frequency, 'weekly') AS frequency
FROM users
LEFT JOIN pipeline.report_preferences AS preferences ON users.id = preferences.user_id
WHERE users.id = %(user_id)s;
