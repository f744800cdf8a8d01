"""The one exception that ends a start."""


class StartRefused(Exception):
    """The program cannot start as asked; ``str`` is one sentence for its owner, without secrets."""
