"""The usage query and its answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.rate_limits import Credits, RateLimitSnapshot, RateLimitWindow
from codex_proxy.canonical.target import Credential
from codex_proxy.protocols.codex.usage import PATHS, UsageReading, build_usage_call, parse_usage
from tests.protocols.codex.parts import CLIENT

K = FailureKind
PRIMARY = {"used_percent": 12, "limit_window_seconds": 18_000, "reset_after_seconds": 3600, "reset_at": 1_795_336_509}
SECONDARY = {
    "used_percent": 40,
    "limit_window_seconds": 604_800,
    "reset_after_seconds": 86_400,
    "reset_at": 1_795_419_309,
}
ANSWER: JsonObject = {
    "user_id": "user-x",
    "account_id": "acc",
    "email": "a@b",
    "plan_type": "plus",
    "rate_limit": {
        "allowed": True,
        "limit_reached": False,
        "primary_window": PRIMARY,
        "secondary_window": SECONDARY,
    },
    "code_review_rate_limit": None,
    "additional_rate_limits": [],
    "credits": {
        "has_credits": False,
        "unlimited": False,
        "overage_limit_reached": False,
        "balance": "0",
        "approx_local_messages": [0, 0],
        "approx_cloud_messages": [0, 0],
    },
    "spend_control": {"reached": False, "individual_limit": None},
    "rate_limit_reached_type": None,
    "rate_limit_reset_credits": {"available_count": 2},
    "promo": None,
}


def reading(**changes: object) -> UsageReading:
    answer = parse_usage(200, {}, json.dumps(ANSWER | changes).encode())
    assert isinstance(answer, UsageReading)
    return answer


def test_the_call_is_the_real_clients() -> None:
    call = build_usage_call(CLIENT, Credential(token="t", account_id="acc"))
    assert (call.method, call.path) == ("GET", "/wham/usage")
    assert [name for name, _ in call.headers] == ["user-agent", "authorization", "chatgpt-account-id", "accept"]
    assert build_usage_call(CLIENT, Credential(token="t"), path=PATHS[1]).path == "/codex/usage"


def test_an_answer_is_read_whole() -> None:
    assert reading() == UsageReading(
        limits=RateLimitSnapshot(
            plan_type="plus",
            primary=RateLimitWindow(
                used_percent=12, window_seconds=18_000, resets_at=1_795_336_509, resets_in_seconds=3600
            ),
            secondary=RateLimitWindow(
                used_percent=40, window_seconds=604_800, resets_at=1_795_419_309, resets_in_seconds=86_400
            ),
            credits=Credits(balance="0"),
            limit_reached=False,
            allowed=True,
            reset_credits_available=2,
            source="usage",
        ),
        account_id="acc",
        user_id="user-x",
        email="a@b",
        spend_limit_reached=False,
    )


def test_other_buckets_stand_beside_the_default_one() -> None:
    limit = {"allowed": False, "limit_reached": True, "primary_window": PRIMARY, "secondary_window": None}
    told = reading(
        code_review_rate_limit=limit,
        additional_rate_limits=[
            {"limit_name": "Spark", "metered_feature": "codex_bengalfox", "rate_limit": limit},
            {"limit_name": "Nameless feature", "metered_feature": None, "rate_limit": limit},
            {"rate_limit": limit},
            7,
        ],
    )
    assert [(one.limit_id, one.limit_name, one.limit_reached, one.source) for one in told.limits.also] == [
        ("code_review", None, True, "usage"),
        ("codex_bengalfox", "Spark", True, "usage"),
        ("Nameless feature", "Nameless feature", True, "usage"),
    ]


def test_q_08_a_free_accounts_first_window_is_a_week() -> None:
    told = reading(rate_limit={"allowed": True, "limit_reached": False, "primary_window": SECONDARY})
    assert told.limits.primary is not None
    assert (told.limits.primary.window_seconds, told.limits.secondary) == (604_800, None)


def test_a_limit_without_windows_is_a_limit() -> None:
    told = reading(
        rate_limit={"allowed": False, "limit_reached": True, "primary_window": None},
        rate_limit_reached_type={"type": "workspace_owner_credits_depleted", "details": {}},
        credits={"has_credits": True, "balance": 12.5, "overage_limit_reached": True},
        rate_limit_reset_credits=None,
        spend_control=None,
    )
    assert (told.limits.limit_reached, told.limits.primary) == (True, None)
    assert told.limits.reached_type == "workspace_owner_credits_depleted"
    assert told.limits.credits == Credits(has_credits=True, balance="12.5", overage_limit_reached=True)
    assert (told.limits.reset_credits_available, told.spend_limit_reached) == (None, None)


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind"),
    [
        (401, {}, {"error": {"code": "token_expired", "message": "m"}}, K.UNAUTHORIZED),
        (403, {}, {"detail": "no"}, K.FORBIDDEN),
        (403, {}, {"error": {"code": "account_deactivated", "message": "m"}}, K.DEACTIVATED),
        (403, {}, {"error": {"code": "unsupported_country_region_territory", "message": "m"}}, K.REGION_BLOCKED),
        (403, {"cf-mitigated": "challenge"}, {}, K.CHALLENGE),
        (429, {}, {}, K.RATE_LIMITED),
        (502, {}, {}, K.UPSTREAM_ERROR),
        (200, {}, {"hello": 1}, K.GARBLED),
        (200, {}, [], K.GARBLED),
    ],
)
def test_q_22_a_refusal_is_told_by_its_status_and_classified_as_any_other(
    status: int, headers: dict[str, str], body: object, kind: FailureKind
) -> None:
    answer = parse_usage(status, headers, json.dumps(body).encode())
    assert isinstance(answer, Failure)
    assert (answer.kind, answer.status) == (kind, status)


@given(
    st.sampled_from(sorted(ANSWER)),
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(PRIMARY)), inner),
        max_leaves=5,
    ),
)
def test_nonsense_in_one_member_does_not_cost_the_others(name: str, value: object) -> None:
    told = reading(**{name: value})
    if name != "rate_limit":
        assert told.limits.primary is not None
