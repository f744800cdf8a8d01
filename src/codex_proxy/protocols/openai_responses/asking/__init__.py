"""Requests to upstreams that speak Responses: what all of them take alike, and the body for a vendor."""
