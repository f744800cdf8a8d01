"""What goes on beside the answers as long as a gateway serves."""
