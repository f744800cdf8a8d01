"""The entrance of the control plane: pages of others, sessions, the owner's login, and the log of changes."""
