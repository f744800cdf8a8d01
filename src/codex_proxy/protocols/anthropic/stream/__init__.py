"""Answers as Messages streams and as whole messages, in both directions."""
