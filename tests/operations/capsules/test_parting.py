"""Where two texts part, shown so that it can be read."""

from codex_proxy.operations.capsules.parting import MOST_CHARACTERS, MOST_LINES, readable, where_they_part


def test_json_is_a_member_in_a_line_also_in_a_stream() -> None:
    assert readable('{"a":1,"b":[2]}') == ["{", '  "a": 1,', '  "b": [', "    2", "  ]", "}"]
    assert readable('event: x\ndata: {"a":1}\n\ndata: [DONE]') == [
        "event: x", "data:", "{", '  "a": 1', "}", "", "data: [DONE]",
    ]  # fmt: skip
    assert readable("{no json") == ["{no json"]


def test_the_lines_that_differ_are_marked_and_their_surroundings_shown() -> None:
    then = readable('{"a":1,"b":2,"c":3,"d":4}')
    told = where_they_part(then, readable('{"a":1,"b":2,"c":7,"d":4}'))
    assert told.lines == ('    "a": 1,', '    "b": 2,', '-   "c": 3,', '+   "c": 7,')
    assert (told.then, told.now) == ('  "c": 3,', '  "c": 7,')


def test_what_one_side_lacks_is_shown_as_such() -> None:
    told = where_they_part(["a", "b"], ["a"])
    assert (told.lines, told.now) == (("  a", "- b"), "")


def test_no_more_is_shown_than_can_be_read() -> None:
    told = where_they_part([f"{number}" for number in range(100)], ["x" * 10_000])
    assert told.lines[MOST_LINES].startswith(f"- … and {100 - MOST_LINES} lines more")
    assert all(len(line) <= MOST_CHARACTERS + 4 for line in told.lines)


def test_a_long_line_is_shown_around_the_place_where_it_parts() -> None:
    told = where_they_part([f"{'a' * 5000}then{'b' * 5000}"], [f"{'a' * 5000}now{'b' * 5000}"])
    assert "then" in told.then
    assert "now" in told.now
