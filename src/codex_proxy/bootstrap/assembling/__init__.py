"""What a gateway is put together from."""
