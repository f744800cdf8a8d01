"""What is measured of the gateway, and how it is told to Prometheus."""
