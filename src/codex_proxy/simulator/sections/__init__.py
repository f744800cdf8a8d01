"""The sections of a scenario beside its rules, as they stand in the file."""
