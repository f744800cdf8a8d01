"""Codex Proxy: one gateway for OpenAI-style clients over the owner's own Codex accounts."""

from importlib.metadata import version

__version__ = version("codex-proxy")
