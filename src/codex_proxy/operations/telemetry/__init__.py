"""What is told to an OpenTelemetry collector."""
