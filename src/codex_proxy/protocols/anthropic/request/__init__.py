"""A client's Messages request as a canonical one."""
