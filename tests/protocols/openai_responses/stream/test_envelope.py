"""The response object around an answer."""

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.request import JsonOutput, SchemaOutput
from codex_proxy.canonical.usage import ImageUsage, Usage
from codex_proxy.protocols.openai_responses.stream.envelope import Head, Told, client_view, closing, opening, relayed
from tests.protocols.openai_responses.stream.wire import CODEX, SDK

HEAD = Head(response_id="resp_1", model="asked", created_at=5)


def test_an_opening_object_is_complete_and_in_progress() -> None:
    told = opening(SDK, HEAD)
    assert (told["id"], told["status"], told["output"], told["usage"]) == ("resp_1", "in_progress", [], None)
    assert told["text"] == {"format": {"type": "text"}, "verbosity": "medium"}


def test_a_closing_object_tells_ending_tier_and_output() -> None:
    end = ev.ResponseEnded(ending=ev.Incomplete(reason="content_filter"), service_tier="priority")
    told = closing(SDK, HEAD, end, Told(output=({"type": "message"},)))
    assert (told["status"], told["service_tier"]) == ("incomplete", "priority")
    assert told["incomplete_details"] == {"reason": "content_filter"}
    assert told["output"] == [{"type": "message"}]


def test_counts_of_tools_stand_beside_the_models_own() -> None:
    usage = Usage(input_tokens=1, image=ImageUsage(input_tokens=2, output_tokens=3, total_tokens=5))
    told = closing(SDK, HEAD, ev.ResponseEnded(ending=ev.Completed()), Told(usage=usage))
    assert told["usage"]["total_tokens"] == 1
    assert told["tool_usage"]["image_gen"]["total_tokens"] == 5
    assert "tool_usage" not in closing(SDK, HEAD, ev.ResponseEnded(ending=ev.Completed()), Told(usage=Usage()))


def test_what_the_gateway_changed_is_told_as_the_client_said_it() -> None:
    request = msgspec.structs.replace(SDK, instructions="mine", output=JsonOutput())
    native = {"id": "x", "model": "served", "instructions": "changed", "prompt_cache_key": "ours", "own": 1}
    told = relayed(native, request, HEAD)
    assert (told["model"], told["instructions"], told["prompt_cache_key"], told["own"]) == ("asked", "mine", None, 1)


def test_a_codex_client_sees_the_upstreams_object() -> None:
    native = {"id": "", "usage": {"input_tokens": 1}}
    told = relayed(native, CODEX, HEAD)
    assert set(told) == {"id", "usage"}
    assert (told["id"], told["usage"]["total_tokens"]) == ("resp_1", 1)


def test_the_output_format_is_repeated() -> None:
    output = SchemaOutput(name="a", schema={"type": "object"}, strict=True, description="d")
    assert client_view(msgspec.structs.replace(SDK, output=output))["text"]["format"] == {
        "type": "json_schema",
        "name": "a",
        "schema": {"type": "object"},
        "strict": True,
        "description": "d",
    }
