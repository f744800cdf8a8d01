"""Counters in headers and events."""

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.rate_limits import Credits, RateLimitSnapshot, RateLimitWindow
from codex_proxy.protocols.codex.rate_limits import parse_rate_event, parse_rate_headers
from codex_proxy.protocols.codex.server import rate_limit_headers

HEADERS = {
    "x-codex-plan-type": "plus",
    "x-codex-primary-used-percent": "12.5",
    "x-codex-primary-window-minutes": "300",
    "x-codex-primary-reset-after-seconds": "3600",
    "x-codex-primary-reset-at": "1795336509",
    "x-codex-secondary-used-percent": "0",
    "x-codex-secondary-window-minutes": "0",
    "x-codex-secondary-reset-at": "",
    "x-codex-credits-has-credits": "False",
    "x-codex-credits-unlimited": "True",
    "x-codex-credits-balance": "",
    "x-codex-bengalfox-primary-used-percent": "5",
    "x-codex-bengalfox-limit-name": "Bengal",
}


def test_each_family_of_headers_is_a_snapshot() -> None:
    own, other = parse_rate_headers(HEADERS)
    assert own == RateLimitSnapshot(
        limit_id="codex",
        plan_type="plus",
        primary=RateLimitWindow(
            used_percent=12.5, window_seconds=18_000, resets_at=1795336509.0, resets_in_seconds=3600.0
        ),
        credits=Credits(has_credits=False, unlimited=True, balance=None),
        source="headers",
    )
    assert (other.limit_id, other.limit_name, other.credits) == ("codex_bengalfox", "Bengal", None)


def test_no_headers_no_snapshots() -> None:
    assert parse_rate_headers({"content-type": "x"}) == ()


def test_an_event_says_the_same() -> None:
    event = {
        "type": "codex.rate_limits",
        "plan_type": "plus",
        "metered_limit_name": None,
        "rate_limits": {
            "allowed": True,
            "limit_reached": False,
            "primary": {"used_percent": 12, "window_minutes": 300, "reset_after_seconds": 1, "reset_at": 2},
            "secondary": None,
        },
        "credits": {"has_credits": True, "unlimited": False, "balance": "1.5"},
    }
    snapshot = parse_rate_event(event)
    assert snapshot is not None
    assert snapshot.primary == RateLimitWindow(
        used_percent=12.0, window_seconds=18_000, resets_at=2.0, resets_in_seconds=1.0
    )
    assert (snapshot.secondary, snapshot.limit_reached, snapshot.source) == (None, False, "event")
    assert snapshot.credits == Credits(has_credits=True, balance="1.5")
    assert (snapshot.allowed, snapshot.also) == (True, ())
    assert parse_rate_event({"type": "codex.rate_limits"}) is None


def test_an_event_tells_of_code_reviews_beside() -> None:
    window = {"used_percent": 100, "window_minutes": 10_080, "reset_at": 5}
    snapshot = parse_rate_event(
        {"rate_limits": {"primary": None}, "code_review_rate_limits": {"limit_reached": True, "primary": window}}
    )
    assert snapshot is not None
    (review,) = snapshot.also
    assert (review.limit_id, review.limit_reached, review.source) == ("code_review", True, "event")
    assert review.primary == RateLimitWindow(used_percent=100.0, window_seconds=604_800, resets_at=5.0)


@given(st.dictionaries(st.sampled_from(sorted(HEADERS)), st.text(max_size=8)))
def test_nonsense_in_headers_is_never_an_error(headers: dict[str, str]) -> None:
    parse_rate_headers(headers)


def test_what_the_server_role_writes_the_client_role_reads() -> None:
    snapshot = RateLimitSnapshot(
        plan_type="pro",
        primary=RateLimitWindow(used_percent=1.5, window_seconds=18_000, resets_at=100.0, resets_in_seconds=50.0),
        credits=Credits(balance="0"),
    )
    assert parse_rate_headers(dict(rate_limit_headers(snapshot))) == (snapshot,)
