-- Ids of cases of moderation about content, which may be gone. Locks: none.
-- Safe to re-run: changes nothing.
SELECT about.id
FROM pipeline.cases_about_content(%(ids)s::uuid[]) AS about (id);
