"""From a model name to a route."""
