"""What captures of Anthropic's clients prove."""
