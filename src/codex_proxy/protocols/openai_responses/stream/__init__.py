"""Answers in the Responses dialect: events decoded and encoded."""
