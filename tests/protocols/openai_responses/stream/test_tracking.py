"""What is remembered of items."""

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.protocols.openai_responses.stream.tracking import Item, ItemTable, TextPart, joined, missing_rest


def test_an_item_is_found_by_index_then_by_id() -> None:
    table = ItemTable()
    item = Item("message", "msg_1")
    table.put(item, 3)
    assert table.find(3, None) is item
    assert table.find(None, "msg_1") is item
    assert table.find(9, "msg_1") is item


def test_an_unknown_item_is_kept_under_what_is_said_of_it() -> None:
    table = ItemTable()
    made = table.find(2, "x")
    assert table.find(2, None) is made
    assert table.in_order() == [made]


def test_an_item_known_by_its_id_alone_takes_no_other_items_place() -> None:
    table = ItemTable()
    early = table.find(None, "b")
    first = table.find(0, "a")
    assert table.find(1, "b") is early is not first
    assert table.in_order() == [first, early]


def test_without_an_index_an_item_takes_the_next_place() -> None:
    table = ItemTable()
    first, second = Item(None, "a"), Item(None, "b")
    table.put(first, 4)
    table.put(second, None)
    assert table.find(5, None) is second


def test_only_ended_items_count_as_told() -> None:
    table = ItemTable()
    item = Item("message", "msg_1")
    table.put(item, 0)
    assert not table.known(0, "msg_1")
    item.ended = True
    assert table.known(0, "msg_1")
    assert table.known(0, None)
    assert not table.known(1, "other")


def test_finished_items_are_put_out_in_order() -> None:
    table = ItemTable()
    table.finished.update({1: {"b": 1}, 0: {"a": 1}})
    assert table.output() == [{"a": 1}, {"b": 1}]


@given(st.text(), st.text())
def test_the_missing_rest_completes_and_never_contradicts(told: str, more: str) -> None:
    assert missing_rest(told, told + more) == more
    assert missing_rest(told + "x", more) in {"", more.removeprefix(told + "x")}


def test_parts_are_joined() -> None:
    part = TextPart(0, refusal=False)
    part.pieces += ["a", "b"]
    assert part.told() == part.told() == "ab"
    assert joined({1: ["c"], 0: ["a", "b"]}) == ("ab", "c")
