"""The schema, step by step; ``upkeep.migrating`` takes the steps."""
