"""Compactions in the server role."""

import json
from typing import Any

import msgspec
import pytest
from openai.types.responses import CompactedResponse

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import AnswerIds, InvalidRequest, ParsedRequest, ServerCodec
from codex_proxy.protocols.openai_responses.unstreamed.compact import CompactServer

IDS = AnswerIds(token="t" * 24, created_at=7, request_id="req_1")
ITEM = {"type": "compaction", "id": "cmp_1", "encrypted_content": "sealed", "new_member": 1}


def parse(**members: Any) -> ParsedRequest:
    return CompactServer().parse_request(msgspec.json.encode({"model": "m", "input": "x"} | members), headers={})


def reply(native: dict[str, Any] | None, **changes: Any) -> Any:
    response = Response(native=native, ending=ev.Completed(), **changes)
    return json.loads(CompactServer().encode_response(parse().request, response, IDS).body)


def test_it_is_read_like_any_request_and_never_streamed() -> None:
    codec: ServerCodec = CompactServer()
    assert codec.parse_request(b'{"model":"m","input":"x"}', headers={}) == parse()
    streamed = parse(stream=True)
    assert streamed.request == parse().request
    assert [note.path for note in streamed.notes] == ["stream"]
    with pytest.raises(InvalidRequest, match="input"):
        parse(input=None)


def test_a_reply_of_items_alone_is_filled_up() -> None:
    told = reply({"output": [ITEM], "usage": None}, usage=Usage(input_tokens=5, output_tokens=2, estimated=True))
    assert told["output"] == [ITEM]
    assert told.keys() >= {name for name, field in CompactedResponse.model_fields.items() if field.is_required()}
    assert (told["id"], told["created_at"], told["object"]) == ("resp_" + "t" * 24, 7, "response.compaction")
    assert told["usage"] == {
        "input_tokens": 5,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 7,
    }


def test_what_the_upstream_told_stays() -> None:
    native = {"id": "resp_x", "created_at": 1, "object": "response.compaction", "output": [], "new_member": {"a": 1}}
    told = reply(native | {"usage": {"input_tokens": 3, "output_tokens": 1}})
    assert told | native == told
    assert told["usage"]["total_tokens"] == 4


def test_failures_are_worded_as_ever() -> None:
    codec, request = CompactServer(), parse().request
    failed = Response(ending=ev.Failed(failure=Failure(kind=FailureKind.OVERLOADED, message="busy")))
    assert codec.encode_response(request, failed, IDS).status == 503
    assert codec.encode_response(request, Response(), IDS).status == 502
