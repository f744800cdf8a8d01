"""A canonical request as a vendor's Messages request."""
