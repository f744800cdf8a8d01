"""Names and ids within an upstream's limits."""

import re

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.protocols.parts.names import NameMap, upstream_call_id


@given(st.lists(st.text(min_size=1, max_size=90), max_size=12, unique=True))
def test_every_name_becomes_a_legal_one_of_its_own_and_comes_back(names: list[str]) -> None:
    mapped = NameMap(names)
    sent = [mapped.upstream(name) for name in names]
    assert len(set(sent)) == len(names)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in sent)
    back = mapped.back()
    assert [back.get(name, name) for name in sent] == names


def test_a_legal_name_stays() -> None:
    assert NameMap(["weather"]).upstream("weather") == "weather"
    assert NameMap(["weather"]).back() == {}


def test_a_long_tool_server_name_keeps_its_tail() -> None:
    name = f"mcp__{'server' * 12}__search"
    assert NameMap([name]).upstream(name) == "mcp__search"


def test_a_shortened_name_does_not_take_a_legal_ones_place() -> None:
    mapped = NameMap(["a.b", "a_b"])
    assert (mapped.upstream("a_b"), mapped.upstream("a.b")) == ("a_b", "a_b_1")


def test_a_name_that_was_not_announced_is_made_legal_too() -> None:
    assert NameMap([]).upstream("a.b") == "a_b"


@given(st.text(max_size=200))
def test_an_id_fits_and_different_ids_stay_different(call_id: str) -> None:
    sent = upstream_call_id(call_id)
    assert len(sent) <= 64
    assert sent != upstream_call_id(call_id + "x" * 70)
    assert sent == call_id or len(call_id) > 64
