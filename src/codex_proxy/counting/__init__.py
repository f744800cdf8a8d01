"""Counting tokens in a process of its own, because the tokeniser stops every thread of the one it runs in."""
