"""The capsule: one request of the log with its bodies, the facts of the gateway it ran on, and nothing secret.

Rules of this file: pure; a capsule that is read comes from anybody: its size and its shape are checked before anything
of it is used, and nothing in it names a place that would be gone to.  A member that is not known is left alone, since
later programs may tell more; what changes the meaning of the others has another ``version``.
"""

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from codex_proxy.operations.request_log.store import Entry
from codex_proxy.operations.request_log.views import record_of

FORMAT: Final = "codex-proxy-capsule"
VERSION: Final = 1
MOST_BYTES: Final = 32 * 1024 * 1024
MOST_CALLS: Final = 32
MOST_KEYS: Final = 32
MOST_MODELS: Final = 1000

Name: TypeAlias = Annotated[str, msgspec.Meta(max_length=4096)]
Pair: TypeAlias = tuple[Name, Name]
Header: TypeAlias = Annotated[list[Pair], msgspec.Meta(max_length=128)]
Status: TypeAlias = Annotated[int, msgspec.Meta(ge=100, le=599)]


class CapsuleUnusable(Exception):
    """The file is no capsule that this version knows, or nothing that can be played again; one sentence."""


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
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


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request; ``target`` is a path, or the URL of an upstream."""

    method: Name
    target: Name
    headers: Header
    body: Kept


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A reply; ``status`` is None where there was none."""

    status: Status | None
    headers: Header
    body: Kept


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call broke off: a failure's kind and message."""

    kind: Name
    error: Name


class Call(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One upstream call and what came back; ``account_id`` is the row id of the account or vendor key that asked."""

    started_ms: float
    account_id: Name | None = None
    request: Request
    reply: Reply
    failure: Trouble | None = None


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """What passed: the client's request, the upstream calls, and the answer."""

    request: Request
    calls: Annotated[list[Call], msgspec.Meta(max_length=MOST_CALLS)]
    answer: Reply


class AskedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model that a vendor key lists."""

    id: Name
    capabilities: Annotated[list[Name], msgspec.Meta(max_length=16)]


class AskedKey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A vendor key that took part, without its secret and its address.

    ``row_id`` is what attempts and calls name it by, ``name`` what the configuration calls it.  ``profile`` is what the
    owner says of the vendor, None where the packaged profile of ``vendor`` holds.
    """

    row_id: Name
    vendor: Name
    name: Name | None
    wire: Name
    models: Annotated[list[AskedModel], msgspec.Meta(max_length=MOST_MODELS)]
    profile: dict[Name, Any] | None


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """What ran."""

    version: Name
    python: Name
    platform: Name


class Capsule(msgspec.Struct, frozen=True, kw_only=True):
    """The file.

    ``config`` are settings by dotted key, without secrets; ``record`` is the request as the log shows it; ``exchange``
    is None where no bodies were kept; ``vendor_keys`` are those that took part and are there still, or where nobody was
    asked those that the model's name leads to.
    """

    format: Literal["codex-proxy-capsule"]
    version: int
    made_at: Name
    product: Product
    config: dict[Name, Any]
    record: dict[str, Any]
    exchange: Exchange | None
    vendor_keys: Annotated[list[AskedKey], msgspec.Meta(max_length=MOST_KEYS)] = []


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a capsule says beside the request; ``made_at`` is ISO 8601, ``vendor_keys`` are all that there are."""

    made_at: str
    product: Product
    config: dict[str, Any]
    vendor_keys: tuple[AskedKey, ...] = ()


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
        vendor_keys=[key for key in facts.vendor_keys if _takes_part(key, record)][:MOST_KEYS],
    )


def _takes_part(key: AskedKey, record: dict[str, Any]) -> bool:
    """Whether a key was tried; where nobody was, whether the model's name leads to it."""
    tried = [attempt.get("accountId") for attempt in record["attempts"]]
    if tried:
        return key.row_id in tried
    vendor, colon, _ = (record.get("modelAsked") or "").partition(":")
    is_named = bool(colon) and vendor in {key.vendor, key.name}
    return is_named or any(model.id == record.get("model") for model in key.models)


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
