"""Requests that are passed on to a vendor as they are, and answered so: embeddings, pictures, sound."""
