"""The OAuth issuer: browser and device logins, tokens that are spent, revoked and counted."""
