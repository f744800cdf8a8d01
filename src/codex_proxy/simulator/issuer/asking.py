"""Requests to the token endpoint.

Rules of this file: pure; a request is what real clients send, in the encoding they send it: refreshes as JSON or form,
codes and exchanges as a form.  Source: captures of Codex CLI 0.125, 0.155 and 0.169.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.simulator.incoming import Incoming
from codex_proxy.simulator.issuer.codes import Shown
from codex_proxy.simulator.issuer.replies import IssuerRefusal, refuse

AUTHORIZATION_CODE: Final = "authorization_code"
REFRESH_TOKEN: Final = "refresh_token"
TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"

_API_KEY: Final = "openai-api-key"
_ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"


class RefreshAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A refresh token is shown; ``reason`` is the client's ``refresh_reason``."""

    client_id: str
    refresh_token: str
    reason: str | None = None

    grant_type = REFRESH_TOKEN


class CodeAsked(msgspec.Struct, frozen=True, kw_only=True):
    """A code is shown."""

    shown: Shown

    grant_type = AUTHORIZATION_CODE


class KeyAsked(msgspec.Struct, frozen=True, kw_only=True):
    """An API key is wanted for an id token."""

    client_id: str
    subject_token: str

    grant_type = TOKEN_EXCHANGE


TokenAsked: TypeAlias = RefreshAsked | CodeAsked | KeyAsked


def read_token_request(incoming: Incoming) -> TokenAsked:
    """What is asked for.

    Raises:
        IssuerRefusal: an unknown grant, a missing member, or the wrong encoding.
    """
    members = object_of(incoming)
    grant = text_member(members, "grant_type")
    read = _READERS.get(grant)
    if read is None:
        raise refuse("unsupported_grant_type", f"grant_type: {grant!r} is not supported")
    if grant != REFRESH_TOKEN and not incoming.is_form:
        raise refuse("invalid_request", f"content-type: {grant} is sent as a form")
    return read(members)


def object_of(incoming: Incoming) -> JsonObject:
    """The members of a form or JSON body; raises ``IssuerRefusal`` where it is neither."""
    body = incoming.decoded()
    if not isinstance(body, dict):
        raise refuse("invalid_request", "the body is neither a form nor a JSON object")
    return body


def text_member(members: JsonObject, name: str) -> str:
    """A member that has to be there; raises ``IssuerRefusal`` where it is missing or no text."""
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise missing(name)
    return value


def missing(name: str) -> IssuerRefusal:
    """A member is not there."""
    return refuse("invalid_request", f"{name}: expected a text that is not empty")


def _refresh(members: JsonObject) -> RefreshAsked:
    reason = members.get("refresh_reason")
    return RefreshAsked(
        client_id=text_member(members, "client_id"),
        refresh_token=text_member(members, "refresh_token"),
        reason=reason if isinstance(reason, str) else None,
    )


def _code(members: JsonObject) -> CodeAsked:
    shown = Shown(
        code=text_member(members, "code"),
        client_id=text_member(members, "client_id"),
        redirect_uri=text_member(members, "redirect_uri"),
        verifier=text_member(members, "code_verifier"),
    )
    return CodeAsked(shown=shown)


def _exchange(members: JsonObject) -> KeyAsked:
    for name, expected in (("requested_token", _API_KEY), ("subject_token_type", _ID_TOKEN)):
        if text_member(members, name) != expected:
            raise refuse("invalid_request", f"{name}: expected {expected}")
    return KeyAsked(client_id=text_member(members, "client_id"), subject_token=text_member(members, "subject_token"))


_READERS: Final[dict[str, Callable[[JsonObject], TokenAsked]]] = {
    REFRESH_TOKEN: _refresh,
    AUTHORIZATION_CODE: _code,
    TOKEN_EXCHANGE: _exchange,
}
