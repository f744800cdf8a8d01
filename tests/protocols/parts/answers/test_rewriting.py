"""Answers rewritten as a call's context says."""

from codex_proxy.canonical import events as ev
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import CallContext, Step
from codex_proxy.protocols.parts.answers.rewriting import rewritten, rewritten_stream

WRAPPED = CallContext(unwrap_key="value")
ITEM = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["b"]}
LOOSE = CallContext(loose_schema=ITEM)
BOTH = CallContext(unwrap_key="value", loose_schema={"type": "array", "items": ITEM})


def answer(*pieces: str) -> list[ev.Event]:
    whole = "".join(pieces)
    deltas = [ev.TextDelta(block=1, text=piece) for piece in pieces]
    ended = ev.ResponseEnded(ending=ev.Completed(), native={"output": []})
    return [ev.TextStarted(block=1), *deltas, ev.TextEnded(block=1, text=whole), ended]


UNWRAPPED = [
    ev.TextStarted(block=1),
    ev.TextDelta(block=1, text='["a"'),
    ev.TextDelta(block=1, text="]"),
    ev.TextEnded(block=1, text='["a"]'),
    ev.ResponseEnded(ending=ev.Completed()),
]


class Decoder:
    """A decoder that has its events already."""

    def __init__(self, events: list[ev.Event]) -> None:
        self._events = events

    def feed(self, chunk: bytes) -> list[Step]:
        return [Step(Frame(None, chunk), (event,)) for event in self._events[:-1]]

    def feed_frame(self, frame: Frame) -> Step:
        return Step(frame, tuple(self._events))

    def end(self) -> list[Step]:
        return [Step(None, (self._events[-1],))]


def texts(events: list[ev.Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, ev.TextDelta)]


def test_a_stream_and_a_whole_answer() -> None:
    events = answer('{"value":["a"', "]}")
    stream = rewritten_stream(Decoder(events), WRAPPED)
    steps = [*stream.feed(b"x"), *stream.end()]
    assert [event for step in steps for event in step.events] == UNWRAPPED
    assert {step.frame for step in steps} == {None}
    assert list(rewritten_stream(Decoder(events), WRAPPED).feed_frame(Frame(None, b"x")).events) == UNWRAPPED
    assert rewritten(events, WRAPPED) == UNWRAPPED


def test_what_needs_nothing_undone_stays_as_it_is() -> None:
    decoder = Decoder([])
    assert rewritten_stream(decoder, CallContext()) is decoder
    events = answer("{}")
    assert rewritten(events, CallContext()) is events


def test_nulls_of_optional_members_go_and_deltas_keep_flowing() -> None:
    made = rewritten(answer('{"a":nu', 'll,"b":"x', '"}'), LOOSE)
    assert texts(made) == ["{", '"b":"x', '"}']
    assert made[-2] == ev.TextEnded(block=1, text='{"b":"x"}')


def test_a_wrapper_and_the_nulls_in_it() -> None:
    made = rewritten(answer('{"value":[{"a":null,"b":"x"}', "]}"), BOTH)
    assert "".join(texts(made)) == '[{"b":"x"}]'


def test_each_block_is_a_text_of_its_own() -> None:
    events: list[ev.Event] = []
    for block in (0, 1):
        text = f'{{"value":{block}}}'
        events += [ev.TextStarted(block=block), ev.TextEnded(block=block, text=text)]
    assert [event.text for event in rewritten(events, WRAPPED) if isinstance(event, ev.TextEnded)] == ["0", "1"]


def test_a_text_without_deltas_is_rewritten_and_one_without_an_end_flushed() -> None:
    lone: list[ev.Event] = [ev.TextStarted(block=0), ev.TextEnded(block=0, text='{"value":[{"a":null}]}')]
    assert rewritten(lone, BOTH)[1] == ev.TextEnded(block=0, text="[{}]")
    cut: list[ev.Event] = [
        ev.TextStarted(block=0),
        ev.TextDelta(block=0, text='{"val'),
        ev.ResponseEnded(ending=ev.Incomplete(reason="max_output_tokens")),
    ]
    assert rewritten(cut, WRAPPED)[1] == ev.TextDelta(block=0, text='{"val')
    held = [cut[0], ev.TextDelta(block=0, text='{"value":[{"a":nu'), cut[2]]
    assert texts(rewritten(held, BOTH)) == ["[{", '"a":nu']
