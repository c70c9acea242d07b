UPDATE audit_log SET timestamp = %(at)s WHERE id = (
    SELECT id FROM audit_log ORDER BY id
    OFFSET %(number)s %% (SELECT greatest(count(*), 1) FROM audit_log) LIMIT 1
)
