"""A client's ``generateContent`` request as a canonical one."""
