-- Takes the account out of one piece of the audit trail. Locks: those rows.
-- Safe to re-run: none is left.
SELECT pipeline.erase_audit_rows(
    %(account)s, %(names)s, %(kinds)s, %(ids)s, %(first)s, %(next)s
);
