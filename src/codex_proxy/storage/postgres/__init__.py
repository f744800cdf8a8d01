"""What only a PostgreSQL needs; loaded where there is one."""
