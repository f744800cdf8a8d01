"""Ids that look like a name."""

from difflib import get_close_matches

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.bootstrap.vendors.profiles import packaged_profiles
from codex_proxy.routing.nearest import LIKENESS, NEAREST_COUNT, nearest

SUGGESTED = [model.id for profile in packaged_profiles().values() for model in profile.models]
IDS = dict.fromkeys([*SUGGESTED, *(f"org-{number}/{one}" for number in range(4) for one in SUGGESTED)])


@pytest.mark.parametrize(
    "name",
    ["gpt4o", "gpt-5.4-mimi", "claude-sonet-5", "deepsek", "geminy-3-pro", "org-2/kimi-k", "text-embeding-small"],
)
def test_they_are_those_of_a_comparison_with_all(name: str) -> None:
    near = nearest(name, IDS)
    assert near
    assert near[0] == get_close_matches(name, IDS, n=1, cutoff=LIKENESS)[0]


def test_what_is_like_nothing_has_none() -> None:
    assert nearest("zzz", IDS) == nearest("", IDS) == nearest("gpt", ()) == ()


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=30, unique=True))
def test_they_are_known_and_few(name: str, ids: list[str]) -> None:
    near = nearest(name, ids)
    assert len(near) <= NEAREST_COUNT
    assert set(near) <= set(ids)
