"""Entries of the log of changes, and their chain.

Rules of this file: pure.  Each entry holds the seal of the one before it and is sealed itself by HMAC-SHA-256 over its
exact bytes, so that what is changed, taken out or put in between shows; what is cut off at the end shows by the head,
which tells the number and the seal of the last entry and is sealed too.  No secret is in an entry.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

import msgspec

NO_SEAL: Final = "0" * 64
"""What the first entry says of the one before it."""
_SEAL: Final = b',"seal":"'
_SEALED_LINE: Final = len(_SEAL) + 64 + len(b'"}')


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that was done, or refused: by whom, from which address, what, and to what; ``at`` is ISO 8601."""

    at: str
    who: str
    address: str
    action: str
    target: str = ""
    outcome: str = "done"
    details: Mapping[str, str | int | bool] = {}


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change with its place in the log."""

    seq: int
    at: str
    who: str
    address: str
    action: str
    prev: str
    target: str = ""
    outcome: str = "done"
    details: Mapping[str, str | int | bool] = {}


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The last entry's number and seal; ``seal`` is the head's own."""

    seq: int
    last: str
    seal: str


class Unreadable(Exception):
    """A line is no entry, or not one of ours; one sentence."""


def key_of(secret: bytes) -> bytes:
    """The key of the chain, made from the installation's secret."""
    return hmac.new(secret, b"codex-proxy audit log, version 1", hashlib.sha256).digest()


def sealed(change: Change, *, seq: int, prev: str, key: bytes) -> tuple[bytes, str]:
    """The line of a change, without its line end, and its seal."""
    entry = Entry(seq=seq, prev=prev, **msgspec.structs.asdict(change))
    body = msgspec.json.encode(entry)
    seal = _hmac(key, body)
    return body[:-1] + _SEAL + seal.encode() + b'"}', seal


def opened(line: bytes, key: bytes) -> tuple[Entry, str]:
    """The entry of a line and its seal.

    Raises:
        Unreadable: the line is no entry, or its seal is wrong.
    """
    cut = len(line) - _SEALED_LINE
    if cut <= 0 or line[cut : cut + len(_SEAL)] != _SEAL or not line.endswith(b'"}'):
        raise Unreadable("this is no entry")
    body, seal = line[:cut] + b"}", line[cut + len(_SEAL) : -2].decode("latin-1")
    if not hmac.compare_digest(_hmac(key, body).encode(), seal.encode()):
        raise Unreadable("the seal does not fit: the entry was changed, or another installation made it")
    try:
        return msgspec.json.decode(body, type=Entry), seal
    except msgspec.MsgspecError as error:
        raise Unreadable("this is no entry") from error


def head_of(seq: int, last: str, key: bytes) -> Head:
    """The head after this entry."""
    return Head(seq=seq, last=last, seal=_head_seal(seq, last, key))


def is_ours(head: Head, key: bytes) -> bool:
    """Whether the head was sealed with this key."""
    return hmac.compare_digest(head.seal.encode(), _head_seal(head.seq, head.last, key).encode())


def _head_seal(seq: int, last: str, key: bytes) -> str:
    return _hmac(key, b"head\0%d\0" % seq + last.encode())


def _hmac(key: bytes, content: bytes) -> str:
    return hmac.new(key, content, hashlib.sha256).hexdigest()
