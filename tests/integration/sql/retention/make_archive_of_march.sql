CREATE TABLE user_engagement_archive_2024_03 PARTITION OF user_engagement_archive
FOR VALUES FROM ('2024-03-01') TO ('2024-04-01')
