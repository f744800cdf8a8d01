"""Files that requests give by link."""
