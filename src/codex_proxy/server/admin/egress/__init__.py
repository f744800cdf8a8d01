"""Egress proxies for their owner: the pool, who leaves through which, and the cookies bound to a way out."""
