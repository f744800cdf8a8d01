"""The control plane put together, when somebody first asks something of it."""
