"""What the issuer's answers mean: tokens, or one refusal.

Rules of this file: pure and total.  An answer that came with a status of refusal spent nothing; one that should have
brought tokens and did not may have spent what was sent.  What the edge before the issuer says (a challenge, a region
that is not served) is never the token's fault.  Source: reactions of Codex CLI 0.169; replies quoted in public reports.
"""

import re
from enum import Enum
from typing import Any, Final

import msgspec

from codex_proxy.accounts.issuer import Grant, IssuerError, Refusal, grant_of
from codex_proxy.accounts.record import Secrets
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.codex.failures import is_challenge
from codex_proxy.protocols.parts.errors.replies import decoded, told_on, wait_seconds

REFUSALS_BY_CODE: Final = {
    "refresh_token_expired": Refusal.REFRESH_TOKEN_EXPIRED,
    "refresh_token_reused": Refusal.REFRESH_TOKEN_REUSED,
    "refresh_token_invalidated": Refusal.REFRESH_TOKEN_REVOKED,
    "refresh_token_revoked": Refusal.REFRESH_TOKEN_REVOKED,
    "app_session_terminated": Refusal.REFRESH_TOKEN_REVOKED,
    "invalid_grant": Refusal.REFRESH_TOKEN_REVOKED,
    "invalid_token": Refusal.REFRESH_TOKEN_REVOKED,
    "access_denied": Refusal.REFRESH_TOKEN_REVOKED,
    "account_deactivated": Refusal.DEACTIVATED,
    "user_deactivated": Refusal.DEACTIVATED,
    "user_suspended": Refusal.DEACTIVATED,
    "unsupported_country_region_territory": Refusal.REGION,
    "invalid_client": Refusal.PROTOCOL,
    "unauthorized_client": Refusal.PROTOCOL,
}
"""What the issuer's codes say of a refresh token; a client that is not known here is no fault of the token."""

_DEACTIVATED_WORDS: Final = re.compile(r"\bdeactivated\b", re.IGNORECASE)
_CODE: Final = re.compile(r"[a-z0-9_.-]{1,64}", re.IGNORECASE)
_TOKEN: Final = re.compile(r"[!-~]{1,16384}")  # anything else could not be a header's value
_LONGEST_LIFETIME_SECONDS: Final = 10.0 * 366 * 24 * 3600
_SHORTEST_SECRET: Final = 8
_SHOWN_CHARACTERS: Final = 200
_WHATEVER_WAS_ASKED: Final = frozenset({Refusal.REGION, Refusal.DEACTIVATED, Refusal.PROTOCOL})
_WORDS: Final = {
    Refusal.CHALLENGE: "a browser challenge stands before the issuer; the egress address is not trusted",
    Refusal.REGION: "the issuer does not serve the region of the egress address",
}


class Asked(Enum):
    """What the answer is to."""

    REFRESH = "refresh"
    CODE = "code"
    OTHER = "other"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer; header names are lower-case, ``cut`` says that the body was too long and is not all here."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether its status is one of success."""
        return 200 <= self.status < 300 and self.headers.get("cf-mitigated") != "challenge"


def parse_grant(answer: Answer, *, asked: Asked, sent: str, issuer: str, now: float) -> Grant:
    """The tokens in an answer; ``sent`` is the secret that was spent for them.

    Raises:
        IssuerError: none came.
    """
    if not answer.succeeded:
        raise refusal_of(answer, asked=asked, sent=sent)
    told = object_in(answer)
    secrets = Secrets(
        access_token=_token(told, "access_token"),
        refresh_token=_token(told, "refresh_token"),
        id_token=_token(told, "id_token"),
    )
    if secrets.access_token is None:
        raise IssuerError(
            Refusal.PROTOCOL,
            f"the issuer answered {answer.status} without an access token",
            maybe_spent=True,
            status=answer.status,
            came=secrets if secrets.refresh_token is not None else None,
        )
    return grant_of(secrets, issuer=issuer, now=now, lifetime_seconds=_number(told.get("expires_in")))


def refusal_of(answer: Answer, *, asked: Asked, sent: str) -> IssuerError:
    """An answer that is no success, classified; the words of the issuer are told on without ``sent``."""
    told = object_in(answer)
    code, message = error_code(told), _message(told)
    refusal = _kind(answer, code, message, asked)
    return IssuerError(
        refusal,
        _WORDS.get(refusal) or _sentence(answer.status, code, _without(message, sent)),
        retry_after_seconds=wait_seconds(answer.headers),
        status=answer.status,
    )


def object_in(answer: Answer) -> JsonObject:
    """The JSON object in an answer, empty where there is none or not all of it."""
    value = None if answer.cut else decoded(answer.body)
    return value if isinstance(value, dict) else {}


def error_code(told: JsonObject) -> str:
    """The issuer's code: ``error.code``, else ``error``, else ``code``; empty where it says none."""
    error: Any = told.get("error")
    found = error.get("code") if isinstance(error, dict) else error
    for value in (found, told.get("code")):
        if isinstance(value, str) and _CODE.fullmatch(value):
            return value.lower()
    return ""


def _kind(answer: Answer, code: str, message: str, asked: Asked) -> Refusal:
    if is_challenge(answer.status, answer.headers, answer.body):
        return Refusal.CHALLENGE
    if answer.status == 429:
        return Refusal.RATE_LIMITED
    if answer.status >= 500:
        return Refusal.UNAVAILABLE
    if not 400 <= answer.status < 500:
        return Refusal.PROTOCOL
    known = Refusal.DEACTIVATED if _DEACTIVATED_WORDS.search(message) else REFUSALS_BY_CODE.get(code)
    if known in _WHATEVER_WAS_ASKED:
        return known
    match asked:
        case Asked.REFRESH:
            return known or (Refusal.REFRESH_TOKEN_REVOKED if answer.status == 401 else Refusal.PROTOCOL)
        case Asked.CODE:
            return Refusal.BAD_CODE if known or answer.status in {400, 401} else Refusal.PROTOCOL
        case Asked.OTHER:
            return Refusal.PROTOCOL


def _message(told: JsonObject) -> str:
    error: Any = told.get("error")
    inner = error.get("message") if isinstance(error, dict) else None
    for value in (inner, told.get("error_description"), told.get("message"), told.get("detail")):
        if isinstance(value, str) and value:
            return value
    return ""


def _without(message: str, sent: str) -> str:
    words = message.replace(sent, "[token]") if len(sent) >= _SHORTEST_SECRET else message
    return " ".join(told_on(words).split())[:_SHOWN_CHARACTERS]


def _sentence(status: int, code: str, message: str) -> str:
    said = f"the issuer answered {status}" + (f" {code}" if code else "")
    return f"{said}: {message}" if message else said


def _token(told: JsonObject, name: str) -> str | None:
    value = told.get(name)
    return value if isinstance(value, str) and _TOKEN.fullmatch(value) else None


def _number(value: Any) -> float | None:
    """Seconds as a number or as a text of one; None for anything else and for what is no span of time."""
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and 0 < number < _LONGEST_LIFETIME_SECONDS else None
