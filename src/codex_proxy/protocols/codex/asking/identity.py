"""Who we are to the Codex backend: user agent, headers in wire order, turn metadata.

Rules of this file: header order is the real client's; ids come from the gateway and are never a client's; no
attestation header is ever made up.  Source: captures of Codex CLI 0.169 and its app server under the desktop name.
"""

from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import CodexHints
from codex_proxy.canonical.target import ClientIdentity, Credential, Profile, Target
from codex_proxy.protocols.base import HeaderPairs

ORIGINATORS: Final = {Profile.DESKTOP: "Codex Desktop", Profile.CLI: "codex-tui"}
BETA_FEATURES: Final = "remote_compaction_v2"
SUBAGENTS: Final = frozenset({"review", "compact", "memory_consolidation", "collab_spawn"})

_FOREIGN_IDS: Final = frozenset({"parent_thread_id", "parent_turn_id", "context_window_id"})
"""Ids of the client's own that we hold no counterpart for; they do not leave."""


def originator(client: ClientIdentity) -> str:
    """The name that the client goes by."""
    return client.originator or ORIGINATORS[client.profile]


def user_agent(client: ClientIdentity) -> str:
    """The user agent: originator and engine version, platform, terminal, and the application in brackets."""
    name = originator(client)
    own = client.desktop_version if client.profile is Profile.DESKTOP else client.engine_version
    return f"{name}/{client.engine_version} ({client.platform}; {client.arch}) {client.terminal} ({name}; {own})"


def turn_metadata(target: Target, hints: CodexHints | None) -> JsonObject:
    """The turn metadata: a Codex client's own with the ids replaced, for others the ids alone."""
    theirs = hints.turn_metadata if hints else {}
    kept = {name: value for name, value in theirs.items() if name not in _FOREIGN_IDS}
    ours: JsonObject = {
        "installation_id": target.client.installation_id,
        "session_id": target.identity.session_id,
        "thread_id": target.identity.thread_id,
        "turn_id": target.identity.turn_id,
        "window_id": target.identity.window_id,
    }
    if "root_turn_id" in kept:
        ours["root_turn_id"] = target.identity.turn_id
    return kept | ours


def client_metadata(target: Target, hints: CodexHints | None) -> dict[str, str]:
    """The body's ``client_metadata``, a map of strings."""
    theirs = hints.client_metadata if hints else {}
    foreign = {"x-codex-parent-thread-id", "parent_turn_id"}
    kept = {name: value for name, value in theirs.items() if name not in foreign}
    identity = target.identity
    ours = {
        "x-codex-installation-id": target.client.installation_id,
        "session_id": identity.session_id,
        "thread_id": identity.thread_id,
        "turn_id": identity.turn_id,
        "x-codex-window-id": identity.window_id,
        "x-codex-turn-metadata": metadata_text(target, hints),
    }
    if "root_turn_id" in kept:
        ours["root_turn_id"] = identity.turn_id
    return kept | ours


def metadata_text(target: Target, hints: CodexHints | None) -> str:
    """The turn metadata as the JSON text that header and body carry."""
    return msgspec.json.encode(turn_metadata(target, hints)).decode()


def response_headers(target: Target, hints: CodexHints | None, *, lite: bool, tier: str | None) -> HeaderPairs:
    """Headers of ``POST /codex/responses``, in wire order, without length and cookie."""
    identity = target.identity
    hint = f"model={target.model.slug};tier={tier}" if tier else f"model={target.model.slug}"
    subagent = hints.subagent if hints and hints.subagent in SUBAGENTS else None
    ordered = (
        ("version", target.client.engine_version),
        ("x-openai-account-routing-override", target.routing_override),
        ("x-codex-beta-features", BETA_FEATURES),
        ("x-codex-turn-state", identity.turn_state),
        ("x-codex-window-id", identity.window_id),
        ("x-codex-turn-metadata", ascii_json(metadata_text(target, hints))),
        ("x-responsesapi-include-timing-metrics", hints.timing_metrics if hints else None),
        ("x-openai-subagent", subagent),
        ("x-openai-internal-codex-responses-lite", "true" if lite else None),
        ("x-codex-routing-hint", hint),
        ("x-client-request-id", identity.thread_id),
        ("session-id", identity.session_id),
        ("thread-id", identity.thread_id),
        ("accept", "text/event-stream"),
        ("content-encoding", "zstd"),
        ("content-type", "application/json"),
    )
    present = tuple((name, value) for name, value in ordered if value is not None)
    return present + credential_headers(target.credential) + client_headers(target.client)


def credential_headers(credential: Credential) -> HeaderPairs:
    """Bearer token and account, in wire order."""
    bearer = ("authorization", f"Bearer {credential.token}")
    return (bearer,) if credential.account_id is None else (bearer, ("chatgpt-account-id", credential.account_id))


def client_headers(client: ClientIdentity) -> HeaderPairs:
    """Originator and user agent, in wire order."""
    return (("originator", originator(client)), ("user-agent", user_agent(client)))


def ascii_json(text: str) -> str:
    """JSON text fit for a header: everything beyond ASCII as escapes."""
    if text.isascii():
        return text
    units = text.encode("utf-16-be", "surrogatepass")
    pairs = (int.from_bytes(units[place : place + 2], "big") for place in range(0, len(units), 2))
    return "".join(chr(unit) if unit < 0x80 else f"\\u{unit:04x}" for unit in pairs)
