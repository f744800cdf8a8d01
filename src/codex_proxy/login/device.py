"""What the issuer answers to a device: a code to show, and later an authorization.

Rules of this file: pure and total.  403 and 404 mean that nobody has entered the code yet, unless the edge before the
issuer said it.  Source: captures of Codex CLI 0.169; ``slow_down`` and the codes that end a login: RFC 8628, section
3.5.
"""

from typing import Any, Final

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.login.answers import Answer, Asked, error_code, object_in, refusal_of
from codex_proxy.login.places import IssuerPlaces
from codex_proxy.operations.login.ports import AuthorizationCode, DeviceCode, StillWaiting

INTERVAL_SECONDS: Final = 5.0
LONGEST_INTERVAL_SECONDS: Final = 60.0

_PENDING_STATUSES: Final = frozenset({403, 404})
_PENDING_CODE: Final = "authorization_pending"
_SLOW_DOWN_CODE: Final = "slow_down"
_ENDING_CODES: Final = frozenset({"access_denied", "expired_token"})
_BY_THE_EDGE: Final = frozenset({Refusal.CHALLENGE, Refusal.REGION, Refusal.DEACTIVATED})


def parse_device_code(answer: Answer, places: IssuerPlaces) -> DeviceCode:
    """The device login that an answer begins.

    Raises:
        IssuerError: it begins none.
    """
    if not answer.succeeded:
        raise refusal_of(answer, asked=Asked.OTHER, sent="")
    told = object_in(answer)
    device_auth_id = _text(told, "device_auth_id")
    user_code = _text(told, "user_code") or _text(told, "usercode")
    if not device_auth_id or not user_code:
        raise IssuerError(Refusal.PROTOCOL, "the issuer's answer holds no device code", status=answer.status)
    return DeviceCode(
        device_auth_id=device_auth_id,
        user_code=user_code,
        page_url=places.device_page_url,
        interval_seconds=_interval(told.get("interval")),
    )


def parse_device_answer(answer: Answer, device: DeviceCode, places: IssuerPlaces) -> AuthorizationCode | StillWaiting:
    """What became of a device login.

    Raises:
        IssuerError: it ended, or the issuer cannot be asked now.
    """
    if answer.succeeded:
        return _authorization(answer, places)
    error = refusal_of(answer, asked=Asked.OTHER, sent=device.device_auth_id)
    code = error_code(object_in(answer))
    if error.refusal in _BY_THE_EDGE:
        raise error
    if code in _ENDING_CODES:
        raise IssuerError(Refusal.BAD_CODE, str(error), status=answer.status)
    if code == _SLOW_DOWN_CODE or error.refusal is Refusal.RATE_LIMITED:
        return StillWaiting(slow_down=True, wait_seconds=error.retry_after_seconds)
    if answer.status in _PENDING_STATUSES or code == _PENDING_CODE:
        return StillWaiting()
    raise error


def _authorization(answer: Answer, places: IssuerPlaces) -> AuthorizationCode:
    told = object_in(answer)
    code, verifier = _text(told, "authorization_code"), _text(told, "code_verifier")
    if not code or not verifier:
        raise IssuerError(Refusal.PROTOCOL, "the issuer's answer holds no authorization", status=answer.status)
    return AuthorizationCode(code=code, verifier=verifier, redirect_uri=places.device_redirect_uri)


def _text(told: JsonObject, name: str) -> str:
    value: Any = told.get(name)
    return value if isinstance(value, str) else ""


def _interval(value: Any) -> float:
    """Seconds between two questions; the issuer sends a text."""
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return INTERVAL_SECONDS
    return min(seconds, LONGEST_INTERVAL_SECONDS) if seconds > 0 else INTERVAL_SECONDS
