"""What is wrong with a configuration, and what in it means nothing any more."""
