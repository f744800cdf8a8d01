"""Records and buckets of exchanges on SQLite or PostgreSQL."""
