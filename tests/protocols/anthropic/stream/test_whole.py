from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, Block, Hosted, Refusal, Text, Thinking, ToolCall, ToolKind
from codex_proxy.canonical.fold import AnswerPart, Response
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.anthropic.stream.whole import message_object
from codex_proxy.protocols.parts.signatures import seal
from tests.protocols.anthropic.wire import SEARCH, request

ADAPTIVE = {"type": "adaptive"}
WEB = Annotation(kind="url_citation", url="https://a.example", title="A", start_index=0, end_index=3)


def message(*blocks: Block, asked: dict[str, Any] | None = None, **answer: Any) -> dict[str, Any]:
    ending = answer.pop("ending", ev.Completed())
    parts = tuple(AnswerPart(block=block) for block in blocks)  # type: ignore[arg-type]
    made = request(**(asked if asked is not None else {"thinking": ADAPTIVE}))
    return message_object(made, Response(parts=parts, **answer), ending, "msg_1")


def content(*blocks: Block, **asked: Any) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = message(*blocks, asked=asked or None)["content"]
    return told


def test_the_whole_shape() -> None:
    told = message(Text(text="hi"), usage=Usage(input_tokens=5, output_tokens=2), service_tier="default")
    assert {name: told[name] for name in ("id", "type", "role", "model", "stop_reason", "stop_sequence")} == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "stop_reason": "end_turn",
        "stop_sequence": None,
    }
    assert told["content"] == [{"type": "text", "text": "hi", "citations": None}]
    assert (told["usage"]["input_tokens"], told["usage"]["service_tier"]) == (5, "standard")
    assert told["stop_details"] is told["container"] is told["context_management"] is None


def test_blocks_keep_their_order() -> None:
    told = content(
        Thinking(summary=("a", "b"), signature="gAAAA", item_id="rs_1"),
        Text(text="x"),
        ToolCall(call_id="c:1", name="f", arguments='{"a":1}'),
        Text(text=""),
        Text(text="y"),
    )
    assert told[0] == {"type": "thinking", "thinking": "a\n\nb", "signature": seal("responses", "rs_1", "gAAAA")}
    assert [block["type"] for block in told] == ["thinking", "text", "tool_use", "text"]
    assert told[2] == {"type": "tool_use", "id": "c_1", "name": "f", "input": {"a": 1}}


def test_thoughts_as_the_client_wants_them() -> None:
    thought = Thinking(summary=("a",), signature="gAAAA")
    omitted = content(thought, thinking={"type": "adaptive", "display": "omitted"})
    assert [(block["thinking"], block["signature"] != "") for block in omitted] == [("", True)]
    assert content(thought, system="s") == []
    assert content(Thinking(content=("raw",))) == [{"type": "thinking", "thinking": "raw", "signature": ""}]
    assert content(Thinking()) == []
    own = Thinking(signature="Eqk=", origin="anthropic", redacted=True)
    assert content(own) == [{"type": "redacted_thinking", "data": "Eqk="}]


def test_arguments_of_every_kind() -> None:
    def given(arguments: str, kind: ToolKind = ToolKind.FUNCTION) -> Any:
        return content(ToolCall(call_id="c", name="f", arguments=arguments, kind=kind))[0]["input"]

    assert given("") == given("[1]") == given("{oops") == {}
    assert given('*** "x"', ToolKind.CUSTOM) == {"input": '*** "x"'}


def test_a_refusal_is_a_text_with_its_own_stop_reason() -> None:
    told = message(Refusal(text="no"))
    assert (told["content"][0]["text"], told["stop_reason"]) == ("no", "refusal")


def test_stop_reasons() -> None:
    called = message(ToolCall(call_id="c", name="f", arguments="{}"))
    assert called["stop_reason"] == "tool_use"
    cut = message(Text(text="x"), ending=ev.Completed(stop_sequence="END"))
    assert (cut["stop_reason"], cut["stop_sequence"]) == ("stop_sequence", "END")
    assert message(ending=ev.Incomplete(reason="max_output_tokens"))["stop_reason"] == "max_tokens"


def test_a_search_its_results_and_citations() -> None:
    item = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}}
    hosted, text = Hosted(kind="web_search_call", item=item), Text(text="sky", annotations=(WEB,))
    told = message(hosted, hosted, text, asked={"tools": [SEARCH]}, usage=Usage(input_tokens=1))
    assert [block["type"] for block in told["content"]] == ["server_tool_use", "web_search_tool_result"] * 2 + ["text"]
    assert [[found["url"] for found in block["content"]] for block in told["content"][1:4:2]] == [
        ["https://a.example"],
        [],
    ]
    assert told["content"][4]["citations"][0]["cited_text"] == "sky"
    assert told["usage"]["server_tool_use"]["web_search_requests"] == 2
    assert content(text, system="s")[0]["citations"] is None


def test_other_hosted_items() -> None:
    native = {"type": "code_execution_tool_result", "tool_use_id": "x", "content": {}}
    linked = {"type": "image_generation_call", "url": "http://127.0.0.1/1"}
    told = content(
        Hosted(kind="code_execution_tool_result", item=native),
        Hosted(kind="image_generation_call", item=linked),
        Hosted(kind="mcp_call", item={"type": "mcp_call"}),
    )
    assert told == [native, {"type": "text", "text": "![picture](http://127.0.0.1/1)", "citations": None}]
