"""Settings for their owner: all of them with their schema, and groups of them under names of their own."""
