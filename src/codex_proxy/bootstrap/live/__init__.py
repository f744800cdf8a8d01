"""Settings in force, and the parts that go by them while the gateway runs."""
