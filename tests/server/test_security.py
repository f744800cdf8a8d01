"""Where a key may stand, and what it may do from there."""

import pytest

from codex_proxy.server.security import Caller, identify, shown_key

ALL = frozenset({"admin", "inference"})


class OneKey:
    def authenticate(self, secret: str) -> Caller | None:
        return Caller(key_id="k1", scopes=ALL) if secret == "right" else None


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"authorization": "Bearer right"}, ""),
        ({"authorization": "bearer  right "}, ""),
        ({"x-api-key": "right"}, ""),
        ({"api-key": "right"}, ""),
    ],
)
def test_full_places_carry_every_scope(headers: dict[str, str], query: str) -> None:
    caller = identify(OneKey(), headers, query)
    assert caller is not None
    assert caller.may("admin")


@pytest.mark.parametrize(("headers", "query"), [({"x-goog-api-key": "right"}, ""), ({}, "alt=sse&key=right")])
def test_googles_places_never_carry_admin(headers: dict[str, str], query: str) -> None:
    caller = identify(OneKey(), headers, query)
    assert caller is not None
    assert caller.may("inference")
    assert not caller.may("admin")


def test_a_key_that_is_bound_to_an_account_is_so_in_every_place() -> None:
    class BoundKey:
        def authenticate(self, secret: str) -> Caller | None:
            return Caller(key_id="k2", scopes=frozenset({"inference"}), bound_to="a")

    for headers in ({"authorization": "Bearer x"}, {"x-goog-api-key": "x"}):
        caller = identify(BoundKey(), headers, "")
        assert caller is not None
        assert caller.bound_to == "a"


def test_no_key_and_wrong_keys_are_nobody() -> None:
    assert identify(OneKey(), {}, "") is None
    assert identify(OneKey(), {"authorization": "Bearer wrong"}, "key=right") is None
    assert identify(OneKey(), {"authorization": "Basic right"}, "") is None


def test_a_shown_key_hides_itself() -> None:
    shown = shown_key({"x-api-key": "right"}, "")
    assert shown is not None
    assert "right" not in repr(shown)
