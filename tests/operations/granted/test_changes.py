"""Keys as their owner makes and changes them."""

from pathlib import Path
from typing import Any

import pytest

from codex_proxy.access.granted.key import KEY_ID as ID_FORM
from codex_proxy.access.granted.key import Limits
from codex_proxy.access.granted.periods import Period
from codex_proxy.access.granted.store import SecretTaken
from codex_proxy.canonical.tools import HostedTool
from codex_proxy.operations.granted.book import UnknownClientKey
from codex_proxy.operations.granted.changes import InvalidTerms, Terms, with_terms
from tests.access.granted.samples import NOW, SECRET, granted, tokens, usd
from tests.operations.granted.stage import desk

OWN = "a-secret-of-the-owners-own_22"


async def test_s_14_a_secret_is_told_once_and_a_new_one_ends_the_old(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        first = await made.changes.make(Terms(name="one"))
        assert first.secret.startswith("sk-proxy-")
        assert len(first.secret) == 9 + 32
        assert ID_FORM.fullmatch(first.key.key_id)
        assert first.secret not in repr(first)
        assert made.ring.find(first.secret) == first.key
        second = await made.changes.rotate(first.key.key_id, secret=OWN)
        assert (made.ring.find(first.secret), made.ring.find(OWN)) == (None, second.key)
        toggled = await made.changes.toggle(first.key.key_id)
        assert (toggled.enabled, toggled.digest) == (False, second.key.digest)
        with pytest.raises(SecretTaken):
            await made.changes.make(Terms(name="two"), secret=OWN)
        await made.changes.remove(first.key.key_id)
        with pytest.raises(UnknownClientKey):
            await made.changes.reset_used(first.key.key_id)


@pytest.mark.parametrize("secret", ["pwd", "x" * 21, "x" * 257, "with spaces in it, and so on", "пароль" * 5])
async def test_a_weak_secret_is_refused(tmp_path: Path, secret: str) -> None:
    async with desk(tmp_path) as made:
        with pytest.raises(InvalidTerms, match="key: "):
            await made.changes.make(Terms(name="one"), secret=secret)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"expires_at": -1.0}, "expires_at"),
        ({"expires_at": 3e11}, "expires_at"),
        ({"scopes": ()}, "scopes"),
        ({"scopes": ("admin",)}, "scopes"),
        ({"models": ("two words",)}, "allowed_models"),
        ({"models": ("",)}, "allowed_models"),
        ({"models": ("m",) * 201}, "allowed_models"),
        ({"default_tools": ({"type": "mcp"},)}, r"default_tools\[0\]\.type"),
        ({"concurrency": 0}, "concurrency"),
        ({"requests_per_minute": -1}, "requests_per_minute"),
        ({"budgets": (usd(1), usd(2))}, "budgets"),
        ({"budgets": (usd(-1),)}, "budgets"),
    ],
)
def test_terms_that_cannot_be_used_are_refused_by_name(terms: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidTerms, match=f"^{field}: "):
        with_terms(granted(), Terms(**terms))


def test_what_is_not_told_stays_and_none_takes_a_limit_away() -> None:
    key = granted(expires_at=NOW, models=("a",), limits=Limits(concurrency=1), budgets=(usd(1), tokens(2, Period.DAY)))
    assert with_terms(key, Terms()) == key
    free = with_terms(key, Terms(expires_at=None, models=None, concurrency=None, budgets=(), total_micro_usd=None))
    assert free == granted()


def test_tools_are_a_list_none_at_all_or_those_of_all_keys() -> None:
    key = with_terms(granted(), Terms(default_tools=({"type": "web_search"},)))
    assert key.tools == (HostedTool(kind="web_search"),)
    assert with_terms(key, Terms(name="two")).tools == key.tools
    assert with_terms(key, Terms(default_tools=())).tools == ()
    assert with_terms(key, Terms(default_tools=None)).tools is None


def test_totals_and_the_other_budgets_are_told_apart() -> None:
    key = granted(budgets=(usd(1), tokens(2, Period.DAY)))
    assert with_terms(key, Terms(budgets=())).budgets == (usd(1),)
    assert with_terms(key, Terms(total_tokens=9)).budgets == (tokens(9), usd(1), tokens(2, Period.DAY))
    assert with_terms(key, Terms(total_micro_usd=3)).budgets == (usd(3), tokens(2, Period.DAY))
    assert with_terms(key, Terms(budgets=(usd(5),))).budgets == (usd(5),)


async def test_a_change_is_kept_and_its_time_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path, granted()) as made:
        made.clock.time += 5
        changed = await made.changes.change(granted().key_id, Terms(name="two", scopes=["chat"]))
        assert (changed.name, changed.scopes, changed.updated_at) == ("two", frozenset({"chat"}), NOW + 5)
        assert made.ring.find(SECRET) == changed
