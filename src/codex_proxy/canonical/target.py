"""Target: everything a client codec needs to know to build one upstream call, as a value.

Rules of this file: pure values made by the gateway; nothing here is looked up later.  Times are epoch seconds UTC.
"""

from enum import StrEnum
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject

CHAT: Final = "chat"


class ModelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an upstream model.

    ``efforts`` are in rising order; windows count tokens; ``alias_of`` is set on rows under another name, ``vendor``
    on a vendor's models.  ``capabilities`` are what it can be asked for, such as ``chat`` and ``embeddings``.
    """

    slug: str
    display_name: str = ""
    description: str = ""
    efforts: tuple[str, ...] = ()
    default_effort: str | None = None
    service_tiers: tuple[str, ...] = ()
    supports_verbosity: bool = True
    supports_summary: bool = True
    lite: bool = False
    input_modalities: tuple[str, ...] = ("text", "image")
    output_modalities: tuple[str, ...] = ("text",)
    context_window: int | None = None
    max_context_window: int | None = None
    max_output_tokens: int | None = None
    visible: bool = True
    priority: int = 0
    alias_of: str | None = None
    vendor: str | None = None
    capabilities: tuple[str, ...] = (CHAT,)
    raw: JsonObject = {}

    @property
    def chats(self) -> bool:
        """Whether it can be asked for answers in a conversation."""
        return CHAT in self.capabilities


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """The right to call: a bearer ``token`` and the upstream's id of the account it belongs to."""

    token: str
    account_id: str | None = None

    def __repr__(self) -> str:
        return f"Credential(account_id={self.account_id!r})"


class Profile(StrEnum):
    """Which official client we look like."""

    DESKTOP = "desktop"
    CLI = "cli"


class ClientIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """The official client we present ourselves as.

    ``engine_version`` is the CLI engine's, ``desktop_version`` the app's own, ``platform`` such as ``Debian 12.0.0``.
    ``originator`` is the name to go by, None for the profile's.
    """

    profile: Profile
    engine_version: str
    desktop_version: str
    platform: str
    arch: str
    terminal: str
    installation_id: str
    originator: str | None = None


class UpstreamIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of one conversation with one account: UUIDv7 texts, never shared between accounts.

    ``window_number`` counts compactions; ``turn_state`` is the opaque value the upstream gave for this turn.
    """

    session_id: str
    thread_id: str
    turn_id: str
    window_number: int = 0
    turn_state: str | None = None

    @property
    def window_id(self) -> str:
        """The thread with its compaction count."""
        return f"{self.thread_id}:{self.window_number}"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where a call goes and as whom.

    ``learned_rejects`` are top-level body fields this upstream refused before; ``routing_override`` is the account
    check's word (``us``, ``us_cr``) or None; ``drop_reasoning`` leaves encrypted reasoning out; ``force_lite`` builds
    the lite form whatever the model facts say; ``long_context`` asks for a window of a million tokens where that has
    to be said.  ``preamble`` is what the owner puts before every system prompt; ``prompt_inline`` has the client's own
    stand in the conversation, and not in the place that the upstream has for it.
    """

    model: ModelFacts
    credential: Credential
    client: ClientIdentity
    identity: UpstreamIdentity
    now: float
    effort: str | None = None
    service_tier: str | None = None
    routing_override: str | None = None
    default_instructions: str = ""
    preamble: str = ""
    prompt_inline: bool = False
    learned_rejects: frozenset[str] = frozenset()
    drop_reasoning: bool = False
    force_lite: bool = False
    long_context: bool = False
