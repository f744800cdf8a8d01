"""Handed-out client keys: kept, changed, admitted to what they may have, and charged for it."""
