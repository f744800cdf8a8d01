"""What it costs to say which ids look like a name that nobody serves."""
