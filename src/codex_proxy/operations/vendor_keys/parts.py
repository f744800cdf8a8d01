"""What the use cases of vendor keys have in common: what they refuse, and what they need from outside.

Rules of this file: a refusal is one sentence and holds no secret.
"""

from typing import Protocol

from codex_proxy.canonical.failure import Failure, FailureKind


class UnknownKey(Exception):
    """There is no key, or no entry of one, with this id."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"there is no vendor key {wanted!r}")


class KeyConfigured(Exception):
    """The key is the configuration's, which only its owner changes."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the key {name} is set in local.yaml under providers; change it there")


class NoModelList(Exception):
    """The vendor tells no list of its models."""


class VendorRefused(Exception):
    """The vendor gave no list of its models, for the reason in ``failure``."""

    def __init__(self, vendor: str, failure: Failure) -> None:
        super().__init__(f"{vendor} gave no list of models: {failure.message}")
        self.failure = failure

    @property
    def is_about_the_key(self) -> bool:
        """Whether the vendor does not know the key."""
        return self.failure.kind is FailureKind.UNAUTHORIZED


class AddressRules(Protocol):
    """Which base URLs may be asked at all."""

    def objection(self, base_url: str, *, allow_private: bool) -> str | None:
        """What speaks against a base URL, as far as its own words tell; None for nothing."""
        ...
