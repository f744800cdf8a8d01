"""The table of item events."""

from typing import TYPE_CHECKING

import pytest

from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.openai_responses.stream.item_events import READERS
from codex_proxy.protocols.openai_responses.stream.items import ItemReader
from codex_proxy.protocols.openai_responses.stream.schema import WireEvent

if TYPE_CHECKING:
    from codex_proxy.canonical import events as ev


@pytest.mark.parametrize("name", READERS)
def test_an_event_that_says_nothing_breaks_no_reader(name: str) -> None:
    out: list[ev.Event] = []
    READERS[name](ItemReader(CallContext()), WireEvent(type=name), out)
    assert len({getattr(event, "block", None) for event in out}) <= 1


def test_both_kinds_of_calls_are_read_alike() -> None:
    kinds = ("function_call_arguments", "custom_tool_call_input")
    assert len({READERS[f"response.{kind}.delta"] for kind in kinds}) == 1
