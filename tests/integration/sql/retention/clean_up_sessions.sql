DELETE FROM user_sessions WHERE expires_at < CURRENT_TIMESTAMP - INTERVAL '30 days'
