"""One attempt: its stream from the upstream, what is held back of it, and where it may be cut."""
