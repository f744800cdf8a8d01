"""The commands ``capsule`` and ``replay``."""
