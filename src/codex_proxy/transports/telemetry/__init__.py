"""The wire format of OpenTelemetry collectors; its packages are an extra."""
