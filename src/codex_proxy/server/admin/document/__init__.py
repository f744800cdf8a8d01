"""The OpenAPI document of the control plane."""
