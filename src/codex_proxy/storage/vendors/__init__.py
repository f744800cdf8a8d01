"""Files about third-party vendors."""
