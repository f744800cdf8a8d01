"""A vendor's deltas put together to blocks."""
