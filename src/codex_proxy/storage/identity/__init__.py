"""Who we present ourselves as to the upstream: this installation, and the versions of the official client."""
