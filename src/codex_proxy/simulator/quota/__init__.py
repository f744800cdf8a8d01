"""Quotas that really run out: windows, buckets, paid credits and credits that reset."""
