"""Accounting: records, prices, buckets."""
