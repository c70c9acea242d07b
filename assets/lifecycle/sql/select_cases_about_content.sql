-- Ids of cases of moderation about content of one type, which may be gone. Locks: none.
-- Safe to re-run: changes nothing.
SELECT about.id
FROM
    pipeline.cases_about_content(
        %(content_type)s::content_type_enum, %(ids)s::uuid[]
    ) AS about (id);
