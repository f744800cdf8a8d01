"""Each law notices a planted fault: a law that nothing breaks says nothing."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.target import Target
from codex_proxy.framing.sse import Frame, SseDecoder, encode_frame
from codex_proxy.protocols.base import AnswerIds, InvalidRequest, ServerStream, Step, UpstreamCall, WireReply
from codex_proxy.protocols.codex.client import CodexClient
from tests.laws import checks, test_fidelity
from tests.laws.answers import answers, disorders
from tests.laws.dialects import DIALECTS, Spoken

pytestmark = pytest.mark.timeout(600)  # as many examples as the laws themselves take
EVERY = pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.name)
_TRY = settings(max_examples=300, deadline=None, database=None, derandomize=True, phases=[Phase.generate])
_REFUSALS = (AssertionError, KeyError, IndexError, ValueError)


def noticed(strategy: st.SearchStrategy[Any], law: Callable[[Any], None]) -> bool:
    """Whether an example breaks the law."""

    def broken(example: Any) -> bool:
        try:
            law(example)
        except _REFUSALS:
            return True
        return False

    try:
        find(strategy, broken, settings=_TRY)
    except HypothesisException:
        return False
    return True


class _Stream:
    """An encoder whose output, or input, is tampered with."""

    def __init__(self, inner: ServerStream, tamper: "Tampering") -> None:
        self._inner = inner
        self._tamper = tamper
        self.repairs = 0

    def encode(self, events: Sequence[ev.Event], frame: Frame | None = None) -> bytes:
        kept = [event for event in events if not self._tamper.drops(event)]
        return self._tamper.wire(self._inner.encode(kept, frame))

    def finish(self) -> bytes:
        return self._inner.finish() + self._tamper.tail


class Tampering:
    """A server codec with a fault."""

    tail = b""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def open_stream(self, request: Request, ids: AnswerIds) -> Any:
        return _Stream(self._inner.open_stream(request, ids), self)

    def drops(self, event: ev.Event) -> bool:
        return False

    def wire(self, content: bytes) -> bytes:
        return content


class DropsDelta(Tampering):
    """Pieces of one character are lost."""

    def drops(self, event: ev.Event) -> bool:
        return isinstance(event, ev.TextDelta) and len(event.text) == 1

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        shorter = msgspec.structs.replace(response, parts=response.parts[1:])
        reply: WireReply = self._inner.encode_response(request, shorter, ids)
        return reply


class SwapsToolIndex(Tampering):
    """The second call's arguments go to the first, and the first's to the second."""

    def wire(self, content: bytes) -> bytes:
        if content.startswith(b"{"):
            return b"".join([_swapped(line) + b"\n" for line in content.splitlines()])
        framer = SseDecoder()
        return b"".join(encode_frame(_swapped(frame.data), frame.event) for frame in framer.feed(content))

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        reply: WireReply = self._inner.encode_response(request, response, ids)
        body = json.loads(reply.body)
        message = (body.get("choices") or [body])[0].get("message", {})
        calls = message.get("tool_calls") or body.get("output") or body.get("content") or []
        for candidate in body.get("candidates", ()):
            calls = candidate["content"]["parts"]
        calls.reverse()
        return msgspec.structs.replace(reply, body=json.dumps(body).encode())


def _swapped(data: bytes) -> bytes:
    if data == b"[DONE]":
        return data
    members = json.loads(data)
    if ".delta" in members.get("type", "") and members.get("output_index") in {0, 1}:
        members["output_index"] = 1 - members["output_index"]
        members.pop("item_id", None)
    if members.get("type") == "content_block_delta" and members["index"] in {0, 1}:
        members["index"] = 1 - members["index"]
    for candidate in members.get("candidates", ()):
        for part in candidate["content"]["parts"]:
            call = part.get("functionCall", {"id": None})
            call["id"] = {"call_0": "call_1", "call_1": "call_0"}.get(call["id"], call["id"])
    message = members.get("message")
    for call in message.get("tool_calls", ()) if isinstance(message, dict) else ():  # an error's is a text
        call["id"] = {"call_0": "call_1", "call_1": "call_0"}.get(call["id"], call["id"])
    for choice in members.get("choices", ()):
        for call in choice["delta"].get("tool_calls", ()):
            if "id" not in call:
                call["index"] = {0: 1, 1: 0}.get(call["index"], call["index"])
    return json.dumps(members).encode()


class FinishesTwice(Tampering):
    """The last frame is sent again."""

    def open_stream(self, request: Request, ids: AnswerIds) -> Any:
        return _Doubling(self._inner.open_stream(request, ids), self)


class _Doubling(_Stream):
    def encode(self, events: Sequence[ev.Event], frame: Frame | None = None) -> bytes:
        content = self._inner.encode(events, frame)
        ends = any(isinstance(event, ev.ResponseEnded) for event in events)
        border = _border(content)
        last = content.removesuffix(border).rpartition(border)[2] + border
        return content + last if ends and content else content


def _border(content: bytes) -> bytes:
    """What stands between the frames of this stream, which have a blank line between them or are lines."""
    return b"\n\n" if content.startswith((b"data:", b"event:", b":")) or b"\ndata:" in content else b"\n"


class ForgetsAtBorders:
    """A decoder that loses what is unfinished when a chunk ends inside a frame."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def open_stream(self, call: UpstreamCall) -> Any:
        return _Forgetting(self._inner.open_stream(call))


class _Forgetting:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def feed(self, chunk: bytes) -> list[Step]:
        whole, border, _ = chunk.rpartition(_border(chunk))
        steps: list[Step] = self._inner.feed(whole + border)
        return steps

    def end(self) -> list[Step]:
        steps: list[Step] = self._inner.end()
        return steps


@EVERY
def test_1_lost_borders(spoken: Spoken) -> None:
    faulty = spoken.faulty(client=ForgetsAtBorders(spoken.client))
    examples = st.tuples(answers(), st.lists(st.integers(0, 5000), max_size=5))
    assert noticed(examples, lambda example: checks.chunking(faulty, spoken.written(example[0]), example[1]))


@EVERY
@pytest.mark.parametrize("fault", [DropsDelta, SwapsToolIndex, FinishesTwice])
def test_2_round_trip(spoken: Spoken, fault: type[Tampering]) -> None:
    faulty = spoken.faulty(server=fault(spoken.server))
    law = checks.legality if fault is FinishesTwice else checks.round_trip
    assert noticed(answers(), lambda events: law(faulty, events))


@EVERY
@pytest.mark.parametrize("fault", [DropsDelta, SwapsToolIndex])
def test_3_whole_answers(spoken: Spoken, fault: type[Tampering]) -> None:
    faulty = spoken.faulty(server=fault(spoken.server))
    assert noticed(answers(), lambda events: checks.whole(faulty, events))


@EVERY
def test_4_undeclared_errors(spoken: Spoken) -> None:
    class Strict(Tampering):
        def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> Any:
            body.decode()
            return self._inner.parse_request(body, headers=headers)

    def law(raw: bytes) -> None:
        try:
            Strict(spoken.server).parse_request(raw, headers={})
        except InvalidRequest:
            return

    assert noticed(st.binary(max_size=50), law)


class DropsMembers(CodexClient):
    """A client that keeps what it knows and nothing else."""

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        call = super().build_call(request, target)
        sent = msgspec.json.decode(zstandard.ZstdDecompressor().decompressobj().decompress(call.body))
        for item in sent["input"]:
            for name in [name for name in item if name.startswith("x_")]:
                del item[name]
        return msgspec.structs.replace(call, body=zstandard.compress(msgspec.json.encode(sent)))

    def open_stream(self, call: UpstreamCall) -> Any:
        return _Unframed(super().open_stream(call))


class _Unframed(_Forgetting):
    """Steps without the upstream's own frames: members without meaning here are gone."""

    def feed(self, chunk: bytes) -> list[Step]:
        return [Step(None, step.events) for step in self._inner.feed(chunk)]


@pytest.mark.parametrize("codex", [True, False])
def test_5_lost_members(codex: bool) -> None:
    server, client = test_fidelity.SERVER, DropsMembers()
    bodies, streams = test_fidelity.bodies(), test_fidelity.streams()
    assert noticed(bodies, lambda body: test_fidelity.request_survives(server, client, body, codex=codex))
    assert noticed(streams, lambda told: test_fidelity.answer_survives(server, client, told, codex=codex))


@EVERY
def test_6_second_finish(spoken: Spoken) -> None:
    faulty = spoken.faulty(server=FinishesTwice(spoken.server))
    assert noticed(disorders(), lambda events: checks.legality(faulty, events))


@EVERY
def test_nothing_is_noticed_where_nothing_is_planted(spoken: Spoken) -> None:
    honest = spoken.faulty(server=Tampering(spoken.server))
    assert not noticed(answers(), lambda events: checks.round_trip(honest, events))
    assert not noticed(answers(), lambda events: checks.legality(honest, events))
