"""Vendor profiles: what a vendor's endpoint speaks and what can be asked of it.

Rules of this file: pure data; nothing here knows a vendor's name.
"""

from enum import StrEnum


class Wire(StrEnum):
    """The dialect a vendor's endpoint speaks."""

    CHAT = "chat"
    RESPONSES = "responses"
    CODEX_RESPONSES = "codex-responses"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"


class Capability(StrEnum):
    """What a model can be asked for."""

    CHAT = "chat"
    EMBEDDINGS = "embeddings"
    IMAGES = "images"
    TRANSCRIPTION = "transcription"
    SPEECH = "speech"
    MODERATION = "moderation"
