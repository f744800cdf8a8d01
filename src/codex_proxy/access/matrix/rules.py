"""What a route wants of whoever calls it.

Rules of this file: pure data.  A route that no row names is the owner's alone, and changes something: forgetting a row
opens nothing.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from codex_proxy.access.scopes import Scope


class Need(StrEnum):
    """The scope that is wanted; ``OPEN`` wants none."""

    OPEN = "open"
    INFERENCE = "inference"
    ADMIN = "admin"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What a route wants.

    ``acts`` where it changes something, so that no foreign page may lead there; ``sudo`` where it shows or sets
    secrets, so that a session needs a fresh password and no link will do; ``quiet`` where it is asked over and over
    and is not written down; ``any_host`` where it says nothing that a page of somebody else's may not know.  ``scope``
    is the part of ``INFERENCE`` that will do, None where any key does.
    """

    need: Need
    acts: bool = False
    sudo: bool = False
    quiet: bool = False
    any_host: bool = False
    scope: Scope | None = None

    @property
    def is_written_down(self) -> bool:
        """Whether the log of changes tells of it."""
        return (self.acts or self.sudo) and not self.quiet


Route: TypeAlias = tuple[str, str]
"""Method and path; parameters in braces, ``*`` at the end for everything below."""
Rules: TypeAlias = Mapping[Route, Rule]

READ: Final = Rule(need=Need.ADMIN)
LOOK: Final = Rule(need=Need.ADMIN, acts=True, quiet=True)
CHANGE: Final = Rule(need=Need.ADMIN, acts=True)
REVEAL: Final = Rule(need=Need.ADMIN, sudo=True)
CHANGE_SECRETS: Final = Rule(need=Need.ADMIN, acts=True, sudo=True)
OPEN_READ: Final = Rule(need=Need.OPEN)
OPEN_ANYWHERE: Final = Rule(need=Need.OPEN, any_host=True)
OPEN_CHANGE: Final = Rule(need=Need.OPEN, acts=True)
INFER: Final = Rule(need=Need.INFERENCE, acts=True, scope=Scope.CHAT)
INFER_READ: Final = Rule(need=Need.INFERENCE, scope=Scope.CHAT)
EMBED: Final = Rule(need=Need.INFERENCE, acts=True, scope=Scope.EMBEDDINGS)
PICTURE: Final = Rule(need=Need.INFERENCE, acts=True, scope=Scope.IMAGES)
SOUND: Final = Rule(need=Need.INFERENCE, acts=True, scope=Scope.AUDIO)
LIST: Final = Rule(need=Need.INFERENCE, scope=Scope.MODELS)
USAGE: Final = Rule(need=Need.INFERENCE, scope=Scope.USAGE)
ANY_KEY: Final = Rule(need=Need.INFERENCE)


def rule_of(rules: Rules, method: str, path: str) -> Rule:
    """The rule of a route as the application names it."""
    return rules.get((method, path), CHANGE)
