"""The text completions dialect, which OpenAI's older clients still speak."""
