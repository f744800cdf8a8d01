"""Accounts put together: where they are kept, what keeps them fresh, how they log in and by which way they leave."""
