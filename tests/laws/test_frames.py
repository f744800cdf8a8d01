"""Raw frames are part of an answer only where somebody can use them: every dialect's client role leaves them out else.

An encoder of another family that were handed such a frame would pass it on as its own.
"""

import msgspec
import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.protocols.base import CallContext, Step
from tests.laws.dialects import CALL, DIALECTS, Spoken

ANSWER: list[ev.Event] = [
    ev.ResponseStarted(response_id="r", model="m", created_at=1),
    ev.TextStarted(block=0),
    ev.TextDelta(block=0, text="hi"),
    ev.TextEnded(block=0, text="hi"),
    ev.ToolCallStarted(block=1, call_id="c", name="f"),
    ev.ToolCallDelta(block=1, text="{}"),
    ev.ToolCallEnded(block=1, arguments="{}"),
    ev.ResponseEnded(ending=ev.Completed()),
]


def steps_of(spoken: Spoken, *, relays: bool) -> list[Step]:
    call = msgspec.structs.replace(CALL, context=CallContext(relays=relays))
    stream = spoken.client.open_stream(call)
    return [*stream.feed(spoken.written(ANSWER)), *stream.end()]


@pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.name)
def test_frames_are_left_out_where_nobody_can_use_them(spoken: Spoken) -> None:
    bare, relayed = (steps_of(spoken, relays=relays) for relays in (False, True))
    assert [step.events for step in bare] == [step.events for step in relayed]
    assert {step.frame for step in bare} == {None}
    assert any(step.frame is not None for step in relayed)
