"""The listener for the issuer's redirects, and the pages it shows."""
