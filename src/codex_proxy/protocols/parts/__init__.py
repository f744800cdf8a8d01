"""What several dialects need: field reading, schema rules, name maps, legality."""
