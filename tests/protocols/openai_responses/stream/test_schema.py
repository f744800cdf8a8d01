"""Wire events."""

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.openai_responses.stream.schema import read_event, read_object, with_type


def test_an_event_is_read_and_its_objects_stay_raw() -> None:
    event = read_event(b'{"type":"x","delta":"d","output_index":1,"item":{"a":1}}')
    assert event is not None
    assert (event.type, event.delta, event.output_index) == ("x", "d", 1)
    assert read_object(event.item) == {"a": 1}
    assert read_object(event.part) == {}


def test_an_event_named_outside_only_is_named_inside_too() -> None:
    named = with_type(Frame("response.output_text.delta", b'{"delta":"d","type":null}'), "response.output_text.delta")
    assert named.event == "response.output_text.delta"
    assert read_object(named.data) == {"delta": "d", "type": "response.output_text.delta"}


def test_members_of_the_wrong_type_count_as_absent() -> None:
    event = read_event(b'{"type":"x","delta":null,"text":7,"output_index":true,"item":[],"item_id":"i"}')
    assert event is not None
    assert (event.delta, event.text, event.output_index, event.item_id) == (None, None, None, "i")
    assert read_object(event.item) == {}


@given(st.binary(max_size=40))
def test_no_bytes_are_an_error(data: bytes) -> None:
    read_event(data)
    assert isinstance(read_object(data), dict)
