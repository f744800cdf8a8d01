"""What passes for one request, kept without anybody's waiting for it."""
