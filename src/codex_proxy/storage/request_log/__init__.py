"""The request log's own file: apart from everything that must not be lost."""
