"""Failures: what went wrong, classified once at the edge into a closed enum, and what each kind means.

Rules of this file: everything after the edge matches on ``FailureKind``; ``RULES`` decides every kind (a test asserts
it) and ``docs/failures.md`` is generated from it.  How a dialect words a failure lives in that dialect's ``errors``.
"""

from enum import StrEnum
from typing import Final

import msgspec


class FailureKind(StrEnum):
    """The cause."""

    INVALID_REQUEST = "invalid_request"
    UNSUPPORTED_PARAMETER = "unsupported_parameter"
    FORM_REFUSED = "form_refused"
    CONTEXT_TOO_LONG = "context_too_long"
    STALE_REASONING = "stale_reasoning"
    PREVIOUS_RESPONSE_NOT_FOUND = "previous_response_not_found"
    POLICY = "policy"
    MODEL_NOT_FOUND = "model_not_found"
    MODEL_NOT_IN_PLAN = "model_not_in_plan"
    IMAGE_UNAVAILABLE = "image_generation_unavailable"
    UNAUTHORIZED = "unauthorized"
    DEACTIVATED = "deactivated"
    PAYMENT_REQUIRED = "payment_required"
    FORBIDDEN = "forbidden"
    REGION_BLOCKED = "region_blocked"
    CHALLENGE = "challenge"
    PATH_BLOCKED = "path_blocked"
    USAGE_LIMIT = "usage_limit"
    USAGE_NOT_INCLUDED = "usage_not_included"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    UPSTREAM_ERROR = "upstream_error"
    GARBLED = "garbled"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    DISCONNECTED = "disconnected"
    EMPTY_ANSWER = "empty_answer"
    NO_ACCOUNT = "no_account"
    BUSY = "busy"
    STOPPING = "stopping"
    BAD_KEY = "bad_key"
    NOT_PERMITTED = "not_permitted"
    KEY_LIMITED = "key_limited"
    BUDGET_SPENT = "budget_spent"
    TOO_LARGE = "too_large"
    UNKNOWN_PATH = "unknown_path"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    MISDIRECTED = "misdirected"
    INTERNAL = "internal"


class Fault(StrEnum):
    """Who is at fault."""

    CLIENT = "client"
    ACCOUNT = "account"
    UPSTREAM = "upstream"
    EGRESS = "egress"
    GATEWAY = "gateway"


class Sent(StrEnum):
    """Whether the upstream may have received the request: a fact the transport states."""

    NOTHING_SENT = "nothing_sent"
    MAYBE_SENT = "maybe_sent"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One classified failure.

    ``message`` is safe to show to the client.  ``code`` is the upstream's own word; ``status`` its HTTP status, None
    inside a 200 stream.  ``retry_after_seconds`` counts from when the failure was seen; ``resets_at`` is epoch seconds.
    ``param`` names the request field at fault in the client's spelling.  ``vendor`` is whose key failed, None for the
    accounts' upstream.
    """

    kind: FailureKind
    message: str
    code: str | None = None
    status: int | None = None
    param: str | None = None
    retry_after_seconds: float | None = None
    resets_at: float | None = None
    plan_type: str | None = None
    request_id: str | None = None
    sent: Sent = Sent.MAYBE_SENT
    vendor: str | None = None


class FailureRule(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind means.

    ``client_status`` is the HTTP status before a stream (Anthropic's 529 is that dialect's wording of 503);
    ``other_account_helps`` allows another account before the commit point; ``same_account_tries`` counts repeats on the
    same account, made only where nothing can be answered twice; ``client_retries`` tells SDKs whether to try again.
    """

    fault: Fault
    client_status: int
    other_account_helps: bool = False
    same_account_tries: int = 0
    client_retries: bool = False
    meaning: str


RULES: Final[dict[FailureKind, FailureRule]] = {
    FailureKind.INVALID_REQUEST: FailureRule(
        fault=Fault.CLIENT, client_status=400, meaning="A field is wrong; the message names it."
    ),
    FailureKind.UNSUPPORTED_PARAMETER: FailureRule(
        fault=Fault.GATEWAY,
        client_status=400,
        same_account_tries=1,
        meaning="The upstream refuses a field that we sent; it is left out once and from then on.",
    ),
    FailureKind.FORM_REFUSED: FailureRule(
        fault=Fault.GATEWAY,
        client_status=502,
        same_account_tries=1,
        meaning="The model does not take the classic form of a request; sent once more in the lite form.",
    ),
    FailureKind.CONTEXT_TOO_LONG: FailureRule(
        fault=Fault.CLIENT, client_status=400, meaning="The conversation does not fit the model's window."
    ),
    FailureKind.STALE_REASONING: FailureRule(
        fault=Fault.GATEWAY,
        client_status=400,
        same_account_tries=1,
        meaning="Encrypted reasoning of another account or model; sent once more without it.",
    ),
    FailureKind.PREVIOUS_RESPONSE_NOT_FOUND: FailureRule(
        fault=Fault.CLIENT, client_status=400, meaning="The named earlier response is not known here."
    ),
    FailureKind.POLICY: FailureRule(
        fault=Fault.CLIENT, client_status=400, meaning="The upstream's usage policy refused the prompt."
    ),
    FailureKind.MODEL_NOT_FOUND: FailureRule(
        fault=Fault.CLIENT, client_status=404, meaning="Nobody here serves this model."
    ),
    FailureKind.MODEL_NOT_IN_PLAN: FailureRule(
        fault=Fault.ACCOUNT, client_status=404, other_account_helps=True, meaning="This account's plan lacks the model."
    ),
    FailureKind.IMAGE_UNAVAILABLE: FailureRule(
        fault=Fault.ACCOUNT,
        client_status=403,
        other_account_helps=True,
        meaning="A picture was asked for and words came: this account's plan lacks image generation.",
    ),
    FailureKind.UNAUTHORIZED: FailureRule(
        fault=Fault.ACCOUNT,
        client_status=503,
        other_account_helps=True,
        meaning="The upstream no longer accepts this token.",
    ),
    FailureKind.DEACTIVATED: FailureRule(
        fault=Fault.ACCOUNT, client_status=503, other_account_helps=True, meaning="The upstream closed this account."
    ),
    FailureKind.PAYMENT_REQUIRED: FailureRule(
        fault=Fault.ACCOUNT,
        client_status=429,
        other_account_helps=True,
        meaning="The account has nothing left to pay with.",
    ),
    FailureKind.FORBIDDEN: FailureRule(
        fault=Fault.ACCOUNT,
        client_status=503,
        other_account_helps=True,
        meaning="The upstream forbids this account the call.",
    ),
    FailureKind.REGION_BLOCKED: FailureRule(
        fault=Fault.EGRESS,
        client_status=503,
        other_account_helps=True,
        meaning="The upstream refuses the country we leave from.",
    ),
    FailureKind.CHALLENGE: FailureRule(
        fault=Fault.EGRESS,
        client_status=502,
        other_account_helps=True,
        meaning="A browser challenge stands before the upstream.",
    ),
    FailureKind.PATH_BLOCKED: FailureRule(
        fault=Fault.EGRESS,
        client_status=502,
        other_account_helps=True,
        meaning="The upstream's edge answered an empty 404.",
    ),
    FailureKind.USAGE_LIMIT: FailureRule(
        fault=Fault.ACCOUNT,
        client_status=429,
        other_account_helps=True,
        client_retries=True,
        meaning="The account used up its window.",
    ),
    FailureKind.USAGE_NOT_INCLUDED: FailureRule(
        fault=Fault.ACCOUNT,
        client_status=429,
        other_account_helps=True,
        meaning="The account's plan does not include this use.",
    ),
    FailureKind.RATE_LIMITED: FailureRule(
        fault=Fault.ACCOUNT,
        client_status=429,
        other_account_helps=True,
        client_retries=True,
        meaning="Too many requests for now.",
    ),
    FailureKind.OVERLOADED: FailureRule(
        fault=Fault.UPSTREAM,
        client_status=503,
        other_account_helps=True,
        client_retries=True,
        meaning="The model is at capacity.",
    ),
    FailureKind.UPSTREAM_ERROR: FailureRule(
        fault=Fault.UPSTREAM,
        client_status=502,
        other_account_helps=True,
        same_account_tries=2,
        client_retries=True,
        meaning="The upstream failed by itself.",
    ),
    FailureKind.GARBLED: FailureRule(
        fault=Fault.UPSTREAM,
        client_status=502,
        other_account_helps=True,
        client_retries=True,
        meaning="The upstream's answer makes no sense.",
    ),
    FailureKind.UNREACHABLE: FailureRule(
        fault=Fault.EGRESS,
        client_status=502,
        other_account_helps=True,
        same_account_tries=2,
        client_retries=True,
        meaning="No connection to the upstream.",
    ),
    FailureKind.TIMEOUT: FailureRule(
        fault=Fault.UPSTREAM,
        client_status=504,
        other_account_helps=True,
        client_retries=True,
        meaning="The upstream stayed silent too long.",
    ),
    FailureKind.DISCONNECTED: FailureRule(
        fault=Fault.UPSTREAM,
        client_status=502,
        other_account_helps=True,
        client_retries=True,
        meaning="The stream ended before its end.",
    ),
    FailureKind.EMPTY_ANSWER: FailureRule(
        fault=Fault.UPSTREAM,
        client_status=502,
        other_account_helps=True,
        client_retries=True,
        meaning="The answer had no content.",
    ),
    FailureKind.NO_ACCOUNT: FailureRule(
        fault=Fault.GATEWAY, client_status=503, meaning="No account is logged in, or none is usable."
    ),
    FailureKind.BUSY: FailureRule(
        fault=Fault.GATEWAY,
        client_status=503,
        client_retries=True,
        meaning="Every slot stayed taken, or every account rested, for the bounded wait.",
    ),
    FailureKind.STOPPING: FailureRule(
        fault=Fault.GATEWAY, client_status=503, client_retries=True, meaning="The gateway is stopping."
    ),
    FailureKind.BAD_KEY: FailureRule(
        fault=Fault.CLIENT, client_status=401, meaning="The client key is missing or wrong."
    ),
    FailureKind.NOT_PERMITTED: FailureRule(
        fault=Fault.CLIENT, client_status=403, meaning="The client key lacks the scope."
    ),
    FailureKind.KEY_LIMITED: FailureRule(
        fault=Fault.CLIENT,
        client_status=429,
        client_retries=True,
        meaning="The client key asks faster than it may; the message names the limit.",
    ),
    FailureKind.BUDGET_SPENT: FailureRule(
        fault=Fault.CLIENT,
        client_status=429,
        meaning="The client key's budget has less left than the request may cost; the message names the budget.",
    ),
    FailureKind.TOO_LARGE: FailureRule(fault=Fault.CLIENT, client_status=413, meaning="The body exceeds the limit."),
    FailureKind.UNKNOWN_PATH: FailureRule(fault=Fault.CLIENT, client_status=404, meaning="No such endpoint."),
    FailureKind.METHOD_NOT_ALLOWED: FailureRule(
        fault=Fault.CLIENT, client_status=405, meaning="The endpoint takes another method."
    ),
    FailureKind.MISDIRECTED: FailureRule(
        fault=Fault.CLIENT, client_status=421, meaning="The host name is none of this gateway's."
    ),
    FailureKind.INTERNAL: FailureRule(fault=Fault.GATEWAY, client_status=500, meaning="A defect of the gateway."),
}


def rule_of(failure: Failure) -> FailureRule:
    """The rule for this failure's kind."""
    return RULES[failure.kind]


def client_status(failure: Failure) -> int:
    """The HTTP status that the client reads: a vendor's own, and by the kind for everything else."""
    if failure.vendor is not None and failure.status is not None and 400 <= failure.status <= 599:
        return failure.status
    return rule_of(failure).client_status
