-- What views, functions, triggers, constraints, indexes, policies, columns, partitions and enums are
-- defined as, in hashes: servers of one major version tell the same of a database and of its restore,
-- but for casts of texts and for brackets, which a restore may write otherwise (a list of VARCHARs).
-- What comes with an extension is as that makes it. Locks: none beyond reading the catalogue.
WITH members AS (
    SELECT
        dependencies.classid,
        dependencies.objid
    FROM pg_catalog.pg_depend AS dependencies
    WHERE dependencies.deptype = 'e'
),

schemas AS (
    SELECT namespaces.oid
    FROM pg_catalog.pg_namespace AS namespaces
    WHERE namespaces.nspname !~ '^pg_' AND namespaces.nspname <> 'information_schema'
),

tables AS (
    SELECT
        classes.oid,
        classes.relkind,
        classes.relpartbound
    FROM pg_catalog.pg_class AS classes
    INNER JOIN schemas ON classes.relnamespace = schemas.oid
    WHERE
        classes.oid NOT IN (
            SELECT members.objid
            FROM members
            WHERE members.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        )
),

functions AS (
    SELECT procedures.oid
    FROM pg_catalog.pg_proc AS procedures
    INNER JOIN schemas ON procedures.pronamespace = schemas.oid
    WHERE
        procedures.prokind IN ('f', 'p')
        AND procedures.oid NOT IN (
            SELECT members.objid
            FROM members
            WHERE members.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        )
),

definitions (object, definition) AS (
    SELECT
        'view ' || tables.oid::regclass,
        pg_get_viewdef(tables.oid)
    FROM tables
    WHERE tables.relkind IN ('v', 'm')
    UNION ALL
    SELECT
        'partition ' || tables.oid::regclass,
        pg_get_expr(tables.relpartbound, tables.oid)
    FROM tables
    WHERE tables.relkind IN ('r', 'p')
    UNION ALL
    SELECT
        'partitions of ' || tables.oid::regclass,
        pg_get_partkeydef(tables.oid)
    FROM tables
    WHERE tables.relkind = 'p'
    UNION ALL
    SELECT
        format('column %s of %s', quote_ident(attributes.attname), tables.oid::regclass),
        concat_ws(
            ' ',
            format_type(attributes.atttypid, attributes.atttypmod),
            attributes.attnotnull,
            attributes.attidentity,
            attributes.attgenerated,
            pg_get_expr(defaults.adbin, defaults.adrelid)
        )
    FROM pg_catalog.pg_attribute AS attributes
    INNER JOIN tables ON attributes.attrelid = tables.oid
    LEFT JOIN pg_catalog.pg_attrdef AS defaults
        ON attributes.attrelid = defaults.adrelid AND attributes.attnum = defaults.adnum
    WHERE tables.relkind IN ('r', 'p') AND attributes.attnum > 0 AND NOT attributes.attisdropped
    UNION ALL
    SELECT
        'index ' || indexes.indexrelid::regclass,
        pg_get_indexdef(indexes.indexrelid)
    FROM pg_catalog.pg_index AS indexes
    INNER JOIN tables ON indexes.indrelid = tables.oid
    UNION ALL
    SELECT
        format('constraint %s of %s', quote_ident(constraints.conname), tables.oid::regclass),
        pg_get_constraintdef(constraints.oid)
    FROM pg_catalog.pg_constraint AS constraints
    INNER JOIN tables ON constraints.conrelid = tables.oid
    WHERE constraints.contype <> 'n'
    UNION ALL
    SELECT
        format('trigger %s of %s', quote_ident(triggers.tgname), tables.oid::regclass),
        concat(pg_get_triggerdef(triggers.oid), triggers.tgenabled)
    FROM pg_catalog.pg_trigger AS triggers
    INNER JOIN tables ON triggers.tgrelid = tables.oid
    WHERE NOT triggers.tgisinternal
    UNION ALL
    SELECT
        format('policy %s of %s', quote_ident(policies.polname), tables.oid::regclass),
        concat_ws(
            ' ',
            policies.polpermissive,
            policies.polcmd,
            (
                SELECT string_agg(roles.name, ',' ORDER BY roles.name)
                FROM (
                    SELECT pg_get_userbyid(listed.oid) AS name
                    FROM unnest(policies.polroles) AS listed (oid)
                ) AS roles
            ),
            pg_get_expr(policies.polqual, policies.polrelid),
            pg_get_expr(policies.polwithcheck, policies.polrelid)
        )
    FROM pg_catalog.pg_policy AS policies
    INNER JOIN tables ON policies.polrelid = tables.oid
    UNION ALL
    SELECT
        'enum ' || labels.enumtypid::regtype,
        string_agg(labels.enumlabel, ',' ORDER BY labels.enumsortorder)
    FROM pg_catalog.pg_enum AS labels
    GROUP BY labels.enumtypid
),

all_definitions (object, definition) AS (
    SELECT
        definitions.object,
        regexp_replace(
            definitions.definition,
            '::(text|character varying|bpchar)(\(\d+\))?(\[\])?|[()]',
            '',
            'g'
        )
    FROM definitions
    UNION ALL
    SELECT
        'function ' || functions.oid::regprocedure,
        pg_get_functiondef(functions.oid)
    FROM functions
)

SELECT
    all_definitions.object,
    left(encode(sha256(convert_to(all_definitions.definition, 'UTF8')), 'hex'), 16) AS hash
FROM all_definitions
WHERE all_definitions.definition IS NOT NULL;
