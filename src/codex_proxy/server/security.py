"""Who is calling: the client key of a request.

Rules of this file: the first place that holds a key decides; a key in a URL or in Google's header never carries the
admin scope; nothing here logs.
"""

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import parse_qs

import msgspec

from codex_proxy.access.keys import ADMIN
from codex_proxy.access.scopes import has_scope


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """A known client key: its row id, what it may do, and the only account that serves it (None: any).

    ``refused`` says why a key that is known opens nothing, and then has no scope: ``key_disabled``, ``key_expired``.
    """

    key_id: str
    scopes: frozenset[str]
    bound_to: str | None = None
    refused: str | None = None

    def may(self, scope: str) -> bool:
        """Whether the key has this scope."""
        return has_scope(self.scopes, scope)


class Authenticator(Protocol):
    """Checks client keys, in constant time over all of them."""

    def authenticate(self, secret: str) -> Caller | None:
        """The caller this key belongs to."""
        ...


class ShownKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as the request showed it; ``inference_only`` where the place may not carry more."""

    secret: str
    inference_only: bool

    def __repr__(self) -> str:
        return "ShownKey(...)"


def shown_key(headers: Mapping[str, str], query: str) -> ShownKey | None:
    """The key a request shows, or None."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return ShownKey(secret=token.strip(), inference_only=False)
    for name in ("x-api-key", "api-key"):
        if headers.get(name):
            return ShownKey(secret=headers[name], inference_only=False)
    if headers.get("x-goog-api-key"):
        return ShownKey(secret=headers["x-goog-api-key"], inference_only=True)
    in_query = parse_qs(query).get("key") if "key=" in query else None
    return ShownKey(secret=in_query[0], inference_only=True) if in_query else None


def identify(authenticator: Authenticator, headers: Mapping[str, str], query: str) -> Caller | None:
    """The caller, or None where no valid key was shown."""
    shown = shown_key(headers, query)
    caller = authenticator.authenticate(shown.secret) if shown else None
    if caller is None or shown is None or not shown.inference_only:
        return caller
    return msgspec.structs.replace(caller, scopes=caller.scopes - {ADMIN})
