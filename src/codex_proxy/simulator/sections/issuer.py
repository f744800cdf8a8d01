"""The issuer of a scenario: how logins go, how long tokens live, and what goes wrong.

Rules of this file: data only.  Times are seconds, or milliseconds where a name says so.
"""

from enum import StrEnum
from typing import Annotated, Final

import msgspec

from codex_proxy.simulator.sections.accounts import Seconds

CLIENT_ID: Final = "app_EMoamEEZ73f0CkXaXp7hrann"  # Source: capture, Codex CLI 0.169


class SpentTokens(StrEnum):
    """What a refresh token gets that was spent before."""

    REFUSED = "refused"
    AT_RANDOM = "at_random"


class TokenAnswer(StrEnum):
    """What the token endpoint answers instead of the usual."""

    USUAL = "usual"
    CUT = "cut"
    STALL = "stall"
    RATE_LIMITED = "rate_limited"
    ERROR = "error"
    UNAVAILABLE = "unavailable"
    CHALLENGE = "challenge"
    REGION = "region"
    GARBAGE = "garbage"
    EXPIRED = "expired"
    REUSED = "reused"
    INVALIDATED = "invalidated"
    TERMINATED = "terminated"
    DEACTIVATED = "deactivated"
    NO_ACCESS_TOKEN = "no_access_token"
    NO_REFRESH_TOKEN = "no_refresh_token"
    OTHER_IDENTITY = "other_identity"


class TokenWhen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which token requests are meant; every member that is given must fit.

    ``request`` is the account's n-th request of its grant, from 1; ``reason`` the word sent as ``refresh_reason``.
    """

    account: str | None = None
    request: int | None = None
    grant: str | None = None
    reason: str | None = None


class TokenFault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes wrong with a token request.

    ``delay_ms`` passes before the token is looked at, ``answer_after_ms`` between that and the answer.  Where the
    answer is not the usual one the token is spent only if ``spends`` says so.  ``share`` is the part of the requests
    meant that it really hits, chosen by the seed.
    """

    when: TokenWhen = TokenWhen()
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    answer: TokenAnswer = TokenAnswer.USUAL
    spends: bool = False
    delay_ms: Seconds = 0.0
    answer_after_ms: Seconds = 0.0


class DeviceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Device logins.

    ``auto`` approves a code after it was asked for that many times, None leaves it to people; ``slow_down`` refuses
    who asks again before the interval is over.
    """

    interval_seconds: int = 5
    lasts_seconds: Seconds = 900.0
    pending_status: Annotated[int, msgspec.Meta(ge=400, le=499)] = 403
    auto_after: int | None = None
    slow_down: bool = False


class IssuerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The issuer.

    ``auto`` sends browsers back at once, logging in ``logins`` (accounts' ids, by default all of the scenario) one
    after the other; a request's ``login_hint`` goes first.  ``denies`` is the description of the ``access_denied``
    that every browser login then ends with.  ``refresh_tokens`` are tokens known from the start, by account.
    """

    client_id: str = CLIENT_ID
    access_token_seconds: Seconds = 864_000.0
    refresh_token_seconds: Seconds | None = None
    code_seconds: Seconds = 600.0
    auto: bool = False
    logins: list[str] = []
    denies: str | None = None
    device: DeviceSettings = DeviceSettings()
    spent_tokens: SpentTokens = SpentTokens.REFUSED
    refresh_tokens: dict[str, str] = {}
    faults: list[TokenFault] = []
