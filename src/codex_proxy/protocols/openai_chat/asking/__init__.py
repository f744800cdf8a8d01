"""A canonical request as a vendor's chat request."""
