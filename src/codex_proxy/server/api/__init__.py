"""The endpoints of the data plane, one module for each dialect."""
