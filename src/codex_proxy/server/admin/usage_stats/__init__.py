"""Usage statistics on the control plane."""
