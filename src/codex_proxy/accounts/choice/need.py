"""What a request asks of an account, and by which rules one is chosen.

Rules of this file: pure values.
"""

from enum import StrEnum

import msgspec

from codex_proxy.accounts.affinity import ConversationKey
from codex_proxy.accounts.quota.buckets import DEFAULT_BUCKET
from codex_proxy.accounts.rotation import Strategy


class Basis(StrEnum):
    """Why an account was chosen: ``queue`` is the first one whose slot became free, ``again`` the same one."""

    HOME = "home"
    STAND_IN = "stand_in"
    RENDEZVOUS = "rendezvous"
    CURRENT = "current"
    STRATEGY = "strategy"
    QUEUE = "queue"
    BOUND = "bound"
    AGAIN = "again"


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What a request asks of an account.

    ``bucket`` is the upstream's counter that the model draws on; ``is_continued`` says that the conversation began
    before this request; ``bound_to`` is the only account that the client's key may use, None for any.
    """

    model: str
    bucket: str = DEFAULT_BUCKET
    conversation: ConversationKey | None = None
    is_continued: bool = False
    client_key_id: str = ""
    bound_to: str | None = None


class ChoicePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The owner's rules.

    ``tier_priority`` names plans, best first, the others coming last together; empty: no plan is better.
    ``skip_exhausted`` leaves out accounts known to be limited, instead of trying them last.  ``max_concurrent`` bounds
    the slots of each account (None: no limit), ``interval_seconds`` lies between the starts of its requests,
    ``rest_seconds`` is how long it rests after the first refusal that names no end.
    """

    strategy: Strategy = Strategy.LEAST_USED
    tier_priority: tuple[str, ...] = ()
    skip_exhausted: bool = True
    max_concurrent: int | None = 16
    interval_seconds: float = 0.0
    rest_seconds: float = 60.0
