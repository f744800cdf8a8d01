"""The settings as their owner changes them while the gateway runs."""
