"""What counting tokens costs the streams that run meanwhile."""
