"""The log of changes: its entries, and the chain that shows what was taken out of it."""
