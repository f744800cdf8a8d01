"""What clients see of a gateway while thousands of accounts are taken in."""
