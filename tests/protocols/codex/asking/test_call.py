"""The call to the backend."""

import json

import zstandard

from codex_proxy.canonical.tools import FunctionTool
from codex_proxy.protocols.codex.asking.call import build_call
from tests.protocols.codex.parts import request, target


def test_the_body_is_zstd_and_the_call_knows_what_it_sent() -> None:
    call = build_call(request(), target())
    body = json.loads(zstandard.decompress(call.body))
    assert (call.method, call.path) == ("POST", "/codex/responses")
    assert body["model"] == "gpt-5.4"
    assert call.sent_fields == frozenset(body)
    assert dict(call.headers)["content-encoding"] == "zstd"


def test_changed_tool_names_can_be_undone() -> None:
    call = build_call(request(tools=(FunctionTool(name="a.b"),)), target())
    assert call.context.tool_names == {"a_b": "a.b"}
