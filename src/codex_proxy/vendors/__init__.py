"""Third-party upstreams and the choice among their keys."""
