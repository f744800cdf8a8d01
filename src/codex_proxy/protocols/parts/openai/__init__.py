"""What OpenAI's completion dialects share: chat completions and the older text completions."""
