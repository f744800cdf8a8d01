"""Shapes of the wire."""

import json

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolKind
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.ollama.schema import (
    Durations,
    Line,
    arguments_object,
    call_object,
    done_reason,
    figures,
    line_of,
    parse_usage,
)


@pytest.mark.parametrize(
    ("arguments", "kind", "told", "written"),
    [
        ('{"a": [1, 2.5]}', ToolKind.FUNCTION, {"a": [1, 2.5]}, True),
        ("", ToolKind.FUNCTION, {}, True),
        ("[1]", ToolKind.FUNCTION, {"_raw": "[1]"}, False),
        ('{"a"', ToolKind.FUNCTION, {"_raw": '{"a"'}, False),
        ("\ud800", ToolKind.FUNCTION, {"_raw": "\ud800"}, False),
        ("*** Begin", ToolKind.CUSTOM, {"input": "*** Begin"}, True),
    ],
)
def test_arguments_are_always_an_object(arguments: str, kind: ToolKind, told: object, written: bool) -> None:
    assert arguments_object(arguments, kind) == (told, written)


def test_a_call_has_its_number_inside_the_function() -> None:
    assert call_object("c", "f", {}, 3) == {"id": "c", "function": {"index": 3, "name": "f", "arguments": {}}}


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
def test_no_line_splitter_finds_a_line_end_inside_a_line(character: str) -> None:
    line = line_of({"content": f"a{character}b"})
    assert len(line.decode().splitlines()) == 1
    assert json.loads(line) == {"content": f"a{character}b"}


@pytest.mark.parametrize(
    ("ending", "word"),
    [
        (ev.Completed(), "stop"),
        (ev.Completed(stop_sequence="END"), "stop"),
        (ev.Incomplete(reason="max_output_tokens"), "length"),
        (ev.Incomplete(reason="content_filter"), "stop"),
        (ev.Incomplete(reason="max_messages"), "stop"),
    ],
)
def test_the_end_is_a_stop_unless_the_length_was_reached(ending: ev.Completed | ev.Incomplete, word: str) -> None:
    assert done_reason(ending) == word


def test_figures_are_nanoseconds_and_counts() -> None:
    told = figures(Durations(prompt_ns=2, eval_ns=3), Usage(input_tokens=7, cached_tokens=4, output_tokens=5))
    assert told == {
        "total_duration": 5,
        "load_duration": 0,
        "prompt_eval_count": 7,
        "prompt_eval_duration": 2,
        "eval_count": 5,
        "eval_duration": 3,
    }
    assert not {"prompt_eval_count", "eval_count"} & figures(Durations(), None).keys()


@pytest.mark.parametrize(
    ("line", "usage"),
    [
        (Line(prompt_eval_count=7, eval_count=5), Usage(input_tokens=7, output_tokens=5)),
        (Line(eval_count=5), Usage(output_tokens=5)),
        (Line(prompt_eval_count="7", eval_count=True), None),
        (Line(prompt_eval_count=-1), None),
        (Line(), None),
    ],
)
def test_counts_that_are_none_are_not_read(line: Line, usage: Usage | None) -> None:
    assert parse_usage(line) == usage
