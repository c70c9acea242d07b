-- Marks the write-ahead log after a base backup. Locks: none that anyone waits for.
INSERT INTO pipeline.backup_markers (backup) VALUES (%(backup)s);
