DO $$
BEGIN
    DROP TABLE user_engagement_2024_02;
    INSERT INTO pipeline.retired_rows (source_table, retired_before)
    VALUES ('user_engagement', '2024-03-01');
END;
$$
