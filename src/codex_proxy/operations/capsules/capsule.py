"""The capsule: one request of the log with its bodies, the facts of the gateway it ran on, and nothing secret.

Rules of this file: pure; a capsule that is read comes from anybody: its size and its shape are checked before anything
of it is used, what is not known is refused, and nothing in it names a place that would be gone to.
"""

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from codex_proxy.operations.request_log.store import Entry
from codex_proxy.operations.request_log.views import record_of

FORMAT: Final = "codex-proxy-capsule"
VERSION: Final = 1
MOST_BYTES: Final = 32 * 1024 * 1024
MOST_CALLS: Final = 32

Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=4096)]
Pair: TypeAlias = tuple[Name, Name]
Header: TypeAlias = Annotated[list[Pair], msgspec.Meta(max_length=128)]
Status: TypeAlias = Annotated[int, msgspec.Meta(ge=100, le=599)]


class CapsuleUnusable(Exception):
    """The file is no capsule that this version knows, or nothing that can be played again; one sentence."""


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A body: its size as it was, and what is kept of it; ``end`` is there where the middle is missing."""

    bytes: Annotated[int, msgspec.Meta(ge=0)]
    text: str | None = None
    end: str | None = None
    cut: bool = False
    type: Name | None = None
    sha256: Name | None = None

    @property
    def whole(self) -> str | None:
        """The body, None where some of it is missing."""
        return None if self.cut else self.text


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request; ``target`` is a path, or the URL of an upstream."""

    method: Name
    target: Name
    headers: Header
    body: Kept


class Reply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reply; ``status`` is None where there was none."""

    status: Status | None
    headers: Header
    body: Kept


class Trouble(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a call broke off: a failure's kind and message."""

    kind: Name
    error: Name


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, rename="camel"):
    """One upstream call and what came back."""

    started_ms: float
    request: Request
    reply: Reply
    failure: Trouble | None = None


class Exchange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What passed: the client's request, the upstream calls, and the answer."""

    request: Request
    calls: Annotated[list[Call], msgspec.Meta(max_length=MOST_CALLS)]
    answer: Reply


class Product(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ran."""

    version: Name
    python: Name
    platform: Name


class Capsule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file.

    ``config`` are settings by dotted key, without secrets; ``record`` is the request as the log shows it; ``exchange``
    is None where no bodies were kept.
    """

    format: Literal["codex-proxy-capsule"]
    version: int
    made_at: Name
    product: Product
    config: dict[Name, Any]
    record: dict[str, Any]
    exchange: Exchange | None


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a capsule says beside the request; ``made_at`` is ISO 8601."""

    made_at: str
    product: Product
    config: dict[str, Any]


def capsule_of(entry: Entry, facts: Facts) -> Capsule:
    """The capsule of a request."""
    record = msgspec.to_builtins(record_of(msgspec.structs.replace(entry, bodies=None)))
    for name in ("request", "response", "calls"):
        record.pop(name)
    return Capsule(
        format="codex-proxy-capsule",
        version=VERSION,
        made_at=facts.made_at,
        product=facts.product,
        config=facts.config,
        record=record,
        exchange=None if entry.bodies is None else msgspec.convert(entry.bodies, Exchange),
    )


def encode_capsule(capsule: Capsule) -> bytes:
    """The file's content."""
    return msgspec.json.format(msgspec.json.encode(capsule)) + b"\n"


def read_capsule(content: bytes) -> Capsule:
    """The capsule in a file; raises ``CapsuleUnusable``."""
    if len(content) > MOST_BYTES:
        raise CapsuleUnusable(f"the file has more than {MOST_BYTES // (1024 * 1024)} MB; no capsule is that large")
    try:
        capsule = msgspec.json.decode(content, type=Capsule)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise CapsuleUnusable(f"the file is no capsule: {error}") from error
    if capsule.version != VERSION:
        raise CapsuleUnusable(f"the capsule has version {capsule.version}; this program knows version {VERSION}")
    return capsule
