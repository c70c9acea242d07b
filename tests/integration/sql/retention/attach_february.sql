DO $$
BEGIN
    ALTER TABLE user_engagement DETACH PARTITION user_engagement_2024_02;
    ALTER TABLE user_engagement_archive ATTACH PARTITION user_engagement_2024_02
    FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
END;
$$
