-- Every object of the schema `public`, one row each: what kind, its name, how it is defined.
-- Partitions of a table are left out: they are their parent again.
SELECT
    'table ' || tables.relname AS object,
    concat_ws(
        ', ',
        CASE tables.relkind
            WHEN 'r' THEN 'plain'
            WHEN 'p' THEN pg_get_partkeydef(tables.oid)
            WHEN 'm' THEN 'materialized'
            WHEN 'v' THEN 'view'
            ELSE 'relkind ' || tables.relkind::text
        END,
        CASE WHEN tables.relrowsecurity THEN 'row security' END,
        CASE WHEN tables.relforcerowsecurity THEN 'forced' END,
        array_to_string(tables.reloptions, ', ')
    ) AS definition
FROM pg_class AS tables
WHERE
    tables.relnamespace = 'public'::regnamespace
    AND NOT tables.relispartition
    AND tables.relkind NOT IN ('i', 'I')
UNION ALL
SELECT
    'column ' || tables.relname || '.' || columns.attname,
    concat_ws(
        ' ',
        columns.attnum::text,
        format_type(columns.atttypid, columns.atttypmod),
        CASE WHEN columns.attnotnull THEN 'NOT NULL' END,
        'DEFAULT ' || pg_get_expr(defaults.adbin, defaults.adrelid),
        nullif(columns.attgenerated::text || columns.attidentity::text, '')
    )
FROM pg_class AS tables
INNER JOIN pg_attribute AS columns ON tables.oid = columns.attrelid
LEFT JOIN pg_attrdef AS defaults
    ON columns.attrelid = defaults.adrelid AND columns.attnum = defaults.adnum
WHERE
    tables.relnamespace = 'public'::regnamespace
    AND NOT tables.relispartition
    AND tables.relkind NOT IN ('i', 'I')
    AND columns.attnum > 0
    AND NOT columns.attisdropped
UNION ALL
-- PostgreSQL 18 lists NOT NULL here as well; the columns have it.
SELECT
    'constraint ' || tables.relname || '.' || constraints.conname,
    pg_get_constraintdef(constraints.oid)
FROM pg_constraint AS constraints
INNER JOIN pg_class AS tables ON constraints.conrelid = tables.oid
WHERE
    constraints.connamespace = 'public'::regnamespace
    AND NOT tables.relispartition
    AND constraints.contype NOT IN ('n', 't')
UNION ALL
SELECT
    'index ' || names.relname,
    replace(pg_get_indexdef(names.oid), ' ON ONLY ', ' ON ')
FROM pg_index AS indexes
INNER JOIN pg_class AS names ON indexes.indexrelid = names.oid
WHERE
    names.relnamespace = 'public'::regnamespace
    AND NOT names.relispartition
    AND NOT (SELECT tables.relispartition FROM pg_class AS tables WHERE tables.oid = indexes.indrelid)
UNION ALL
SELECT
    'type ' || types.typname,
    types.typtype::text || ': ' || coalesce(
        (
            SELECT string_agg(labels.enumlabel, ', ' ORDER BY labels.enumsortorder)
            FROM pg_enum AS labels
            WHERE labels.enumtypid = types.oid
        ), ''
    )
FROM pg_type AS types
WHERE
    types.typnamespace = 'public'::regnamespace
    AND types.typtype NOT IN ('c', 'b')
UNION ALL
SELECT
    'function ' || functions.proname || '(' || pg_get_function_identity_arguments(functions.oid) || ')',
    concat_ws(
        ' ',
        pg_get_function_result(functions.oid),
        languages.lanname,
        regexp_replace(trim(E' \n' FROM functions.prosrc), '\s+', ' ', 'g')
    )
FROM pg_proc AS functions
INNER JOIN pg_language AS languages ON functions.prolang = languages.oid
WHERE functions.pronamespace = 'public'::regnamespace
UNION ALL
SELECT
    'trigger ' || tables.relname || '.' || triggers.tgname,
    concat_ws(' ', pg_get_triggerdef(triggers.oid), nullif(triggers.tgenabled::text, 'O'))
FROM pg_trigger AS triggers
INNER JOIN pg_class AS tables ON triggers.tgrelid = tables.oid
WHERE
    tables.relnamespace = 'public'::regnamespace
    AND NOT tables.relispartition
    AND NOT triggers.tgisinternal
UNION ALL
SELECT
    'query of ' || tables.relname,
    regexp_replace(pg_get_viewdef(tables.oid), '\s+', ' ', 'g')
FROM pg_class AS tables
WHERE
    tables.relnamespace = 'public'::regnamespace
    AND tables.relkind IN ('v', 'm')
UNION ALL
SELECT
    'policy ' || policies.tablename || '.' || policies.policyname,
    concat_ws(
        ' ',
        policies.permissive,
        policies.cmd,
        'TO',
        array_to_string(policies.roles, ', '),
        'USING',
        policies.qual,
        'CHECK ' || policies.with_check
    )
FROM pg_policies AS policies
WHERE policies.schemaname = 'public'
UNION ALL
SELECT
    'rule ' || rules.tablename || '.' || rules.rulename,
    rules.definition
FROM pg_rules AS rules
WHERE rules.schemaname = 'public';
