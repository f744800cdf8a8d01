"""What choosing among many accounts costs."""
