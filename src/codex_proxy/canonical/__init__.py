"""The typed vocabulary every dialect translates to and from; imports nothing of ours."""
