"""Errors of the control plane: ``{"error": "...", "code": "...", "details": {...}}``.

Rules of this file: what an operation may raise has its status and code in one table; a message is the operation's own
sentence, which holds no secret.  What nobody expected says nothing but that it is in the log.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from codex_proxy.access.granted.store import SecretTaken
from codex_proxy.accounts.issuer import IssuerError
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.operations.access.auditing import AuditUnwritable
from codex_proxy.operations.access.dashboard import (
    FactorUnusable,
    LinkUnusable,
    NoPassword,
    PasswordConfigured,
    PasswordRefused,
    TooManyGuesses,
    WrongCredentials,
)
from codex_proxy.operations.access.kept import AdminUnreadable
from codex_proxy.operations.account_cookies import InvalidCookies, NoWayOut
from codex_proxy.operations.accounts.credits import NothingRedeemed, RedeemedJustNow
from codex_proxy.operations.accounts.explaining import NotExplained
from codex_proxy.operations.accounts.parts import AccountUnusable, UnknownAccount, UpstreamRefused
from codex_proxy.operations.accounts.quota import HINTS
from codex_proxy.operations.egress.addresses import InvalidProxy
from codex_proxy.operations.egress.assigning import NoSuchAccounts
from codex_proxy.operations.egress.formats import UnreadableList
from codex_proxy.operations.egress.pool import AddressTaken, NoSuchProxy, NoSuchTarget
from codex_proxy.operations.granted.book import UnknownClientKey
from codex_proxy.operations.granted.changes import InvalidTerms
from codex_proxy.operations.jobs_book import TooManyJobs
from codex_proxy.operations.login.callback import InvalidCallback
from codex_proxy.operations.login.cli_file import CliFileUnusable
from codex_proxy.operations.login.outcomes import LoginsOff, TooManyLogins, UnknownLogin
from codex_proxy.operations.login.ports import FileUnreadable
from codex_proxy.operations.login.tokens import ExchangeRefused, TokenUnusable, WrongIdentity
from codex_proxy.operations.request_log.desk import NoSuchEntry
from codex_proxy.operations.request_log.store import LogUnusable
from codex_proxy.operations.request_log.tail import TooManyReaders
from codex_proxy.operations.settings.history import NothingToUndo, UndoConflict
from codex_proxy.operations.settings.parts import (
    CannotFollow,
    FileChanged,
    FileUnusable,
    RevisionConflict,
    SettingsNotKept,
    SettingsRefused,
)
from codex_proxy.operations.usage_stats.periods import InvalidPeriod
from codex_proxy.operations.vendor_keys.parts import KeyConfigured, NoModelList, UnknownKey, VendorRefused
from codex_proxy.vendors.telling import InvalidKey

AnyRequest: TypeAlias = Request[Any, Any, Any]
ReportDefect: TypeAlias = Callable[[str, Exception], None]

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""What every answer carries that says nothing else."""

CODES: Final[Mapping[int, str]] = {
    400: "invalid_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    421: "misdirected_request",
    429: "too_many_requests",
    502: "bad_gateway",
    503: "unavailable",
}
"""The code of an error that has none of its own."""


class ControlError(HTTPException):
    """A refusal with a code of its own.

    ``details`` are for programs; ``beside`` are further members of the answer, for clients that look for them there.
    """

    def __init__(
        self,
        status_code: int,
        code: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        beside: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail=message, status_code=status_code, headers=None if headers is None else dict(headers))
        self.code = code
        self.details = details
        self.beside = beside or {}


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation's exception is to a client; ``message`` where the exception has none."""

    status: int
    code: str
    message: str | None = None


MEANINGS: Final[Mapping[type[Exception], Meaning]] = {
    StoreUnusable: Meaning(status=503, code="store_unusable"),
    UnknownAccount: Meaning(status=404, code="unknown_account"),
    AccountUnusable: Meaning(status=409, code="needs_login"),
    TokenUnusable: Meaning(status=400, code="token_unusable"),
    WrongIdentity: Meaning(status=400, code="wrong_identity"),
    InvalidCallback: Meaning(status=400, code="invalid_callback"),
    UnknownLogin: Meaning(
        status=400, code="unknown_login", message="there is no login of this name, or none any more; start it again"
    ),
    TooManyLogins: Meaning(
        status=429, code="too_many_logins", message="too many logins are under way; finish one or wait five minutes"
    ),
    LoginsOff: Meaning(
        status=403,
        code="logins_off",
        message="logins of ChatGPT accounts are switched off (auth.chatgpt_oauth); accounts that are here go on",
    ),
    TooManyJobs: Meaning(status=409, code="too_many_jobs"),
    FileUnreadable: Meaning(status=400, code="file_unreadable"),
    CliFileUnusable: Meaning(status=400, code="file_unusable"),
    NotExplained: Meaning(status=404, code="not_explained"),
    InvalidProxy: Meaning(status=400, code="invalid_proxy"),
    NoSuchProxy: Meaning(status=404, code="unknown_proxy"),
    NoSuchTarget: Meaning(status=400, code="unknown_proxy"),
    NoSuchAccounts: Meaning(status=404, code="unknown_account"),
    AddressTaken: Meaning(status=409, code="address_taken"),
    UnreadableList: Meaning(status=400, code="unreadable_import"),
    InvalidCookies: Meaning(status=400, code="invalid_cookies"),
    NoWayOut: Meaning(status=409, code="no_way_out"),
    UnknownKey: Meaning(status=404, code="unknown_key"),
    KeyConfigured: Meaning(status=409, code="configured_key"),
    InvalidKey: Meaning(status=400, code="invalid_key"),
    NoModelList: Meaning(status=400, code="no_model_list"),
    NoSuchEntry: Meaning(status=404, code="not_found"),
    LogUnusable: Meaning(status=503, code="log_unusable"),
    TooManyReaders: Meaning(status=429, code="too_many_readers"),
    UnknownClientKey: Meaning(status=404, code="unknown_key"),
    InvalidTerms: Meaning(status=400, code="invalid_terms"),
    SecretTaken: Meaning(status=409, code="secret_taken"),
    InvalidPeriod: Meaning(status=400, code="invalid_period"),
    SettingsNotKept: Meaning(status=409, code="settings_not_kept"),
    FileChanged: Meaning(status=409, code="revision_conflict"),
    NothingToUndo: Meaning(status=404, code="nothing_to_undo"),
    AdminUnreadable: Meaning(status=503, code="password_unreadable"),
    AuditUnwritable: Meaning(status=503, code="audit_log_unusable"),
    NoPassword: Meaning(status=409, code="no_password_yet"),
    PasswordConfigured: Meaning(status=409, code="configured_password"),
    PasswordRefused: Meaning(status=400, code="weak_password"),
    WrongCredentials: Meaning(status=401, code="wrong_credentials"),
    LinkUnusable: Meaning(status=403, code="setup_link_unusable"),
    FactorUnusable: Meaning(status=409, code="second_factor_unusable"),
}


_MORE_THAN_A_MEANING: Final[tuple[type[Exception], ...]] = (
    UpstreamRefused,
    ExchangeRefused,
    IssuerError,
    RedeemedJustNow,
    NothingRedeemed,
    VendorRefused,
    SettingsRefused,
    FileUnusable,
    RevisionConflict,
    CannotFollow,
    UndoConflict,
    TooManyGuesses,
)


def error_handlers(report_defect: ReportDefect) -> ExceptionHandlersMap:
    """What becomes of every exception."""

    def defect(request: AnyRequest, error: Exception) -> Response[Any]:
        report_defect(f"control plane, {request.method} {request.url.path}", error)
        return _response(ControlError(500, "internal", "internal error; the log says more"))

    told: ExceptionHandlersMap = dict.fromkeys((*MEANINGS, *_MORE_THAN_A_MEANING), _told)
    return {HTTPException: _refused, **told, Exception: defect}


def control_error(error: Exception) -> ControlError:
    """What an operation's exception is to a client; raises ``TypeError`` for what no operation raises."""
    match error:
        case UpstreamRefused(failure=failure):
            hint = HINTS.get(failure.kind)
            beside = {"detail": str(error), "hint": hint}
            return ControlError(502, failure.kind.value, "the upstream gave no answer", beside=beside)
        case ExchangeRefused(refusal=refusal, kept=kept):
            details = {"refusal": None if refusal is None else refusal.value, "kept": kept}
            return ControlError(502, "refresh_failed", str(error), details=details)
        case IssuerError(refusal=refusal):
            return ControlError(502, f"issuer_{refusal.value}", str(error))
        case RedeemedJustNow(wait_seconds=wait_seconds):
            return ControlError(429, "cooldown", str(error), headers=_retry_after(wait_seconds))
        case TooManyGuesses(wait_seconds=wait_seconds):
            return ControlError(429, "too_many_guesses", str(error), headers=_retry_after(wait_seconds))
        case NothingRedeemed(outcome=outcome):
            return ControlError(409, outcome.value, str(error))
        case VendorRefused(failure=failure):
            status = 401 if error.is_about_the_key else 502
            return ControlError(status, f"vendor_{failure.kind.value}", str(error))
        case SettingsRefused() | FileUnusable() | RevisionConflict() | CannotFollow() | UndoConflict():
            return _about_settings(error)
    found = next((MEANINGS[kind] for kind in type(error).__mro__ if kind in MEANINGS), None)
    if found is None:
        raise TypeError(f"no operation raises {type(error).__name__}")
    return ControlError(found.status, found.code, found.message or str(error))


def _about_settings(
    error: SettingsRefused | FileUnusable | RevisionConflict | CannotFollow | UndoConflict,
) -> ControlError:
    match error:
        case SettingsRefused(faults=faults):
            return ControlError(400, "invalid_settings", str(error), details={"errors": faults})
        case FileUnusable(faults=faults):
            return ControlError(409, "file_unusable", str(error), details={"errors": faults})
        case RevisionConflict(revision=revision):
            return ControlError(409, "revision_conflict", str(error), details={"revision": revision})
        case CannotFollow(key=key):
            return ControlError(409, "cannot_follow", f"{error}; nothing was changed", details={"key": key})
        case UndoConflict(keys=keys):
            return ControlError(409, "changed_again", str(error), details={"keys": keys})


def _retry_after(wait_seconds: float) -> dict[str, str]:
    return {"retry-after": str(max(1, math.ceil(wait_seconds)))}


def _told(_: AnyRequest, error: Exception) -> Response[Any]:
    return _response(control_error(error))


def _refused(_: AnyRequest, error: HTTPException) -> Response[Any]:
    return _response(error)


def _response(error: HTTPException) -> Response[Any]:
    content: dict[str, Any] = {"error": _words(error), "code": CODES.get(error.status_code, "error")}
    if isinstance(error, ControlError):
        content |= {"code": error.code, **({"details": error.details} if error.details else {}), **error.beside}
    headers = {**HEADERS, **(error.headers or {})}
    return Response(content, status_code=error.status_code, headers=headers)


def _words(error: HTTPException) -> str:
    """The detail, or what is wrong with each member of a body."""
    wrong = error.extra if isinstance(error.extra, list) else []
    told = [_fault(fault) for fault in wrong if {"key", "message"} <= fault.keys()]
    return "; ".join(told) or error.detail


def _fault(fault: Mapping[str, Any]) -> str:
    key, message = fault["key"], fault["message"]
    if message == repr(key):  # Litestar's words for what is not there
        return "the body is missing" if key == "data" else f"{key} is missing"
    return f"{key}: {message}"
