from typing import Any

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, ToolKind
from codex_proxy.protocols.anthropic.schema import Delta
from codex_proxy.protocols.anthropic.stream.assembly import Assembly
from codex_proxy.protocols.base import CallContext

SEARCH = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}


def assembled(content: dict[str, Any], *deltas: dict[str, Any], context: CallContext | None = None) -> list[ev.Event]:
    """The events of one block."""
    assembly = Assembly(context or CallContext())
    events = list(assembly.start(0, content))
    for delta in deltas:
        events += assembly.delta(0, Delta(**{name: delta.get(name) for name in Delta.__struct_fields__}), delta)
    return [*events, *assembly.stop(0)]


def test_a_text_with_what_it_began_with_and_its_citations() -> None:
    cited = {"type": "web_search_result_location", "url": "u", "title": "T", "cited_text": "b", "encrypted_index": "E"}
    page = {"type": "page_location", "document_index": 0}
    events = assembled(
        {"type": "text", "text": "a", "citations": [page]},
        {"type": "citations_delta", "citation": cited},
        {"type": "text_delta", "text": "b"},
        {"type": "text_delta", "text": ""},
    )
    annotations = (
        Annotation(kind="page_location", extra={"document_index": 0}),
        Annotation(
            kind="url_citation",
            url="u",
            title="T",
            start_index=0,
            end_index=2,
            extra={"cited_text": "b", "encrypted_index": "E"},
        ),
    )
    assert events == [
        ev.TextStarted(block=0),
        ev.TextDelta(block=0, text="a"),
        ev.TextDelta(block=0, text="b"),
        *(ev.AnnotationAdded(block=0, annotation=annotation) for annotation in annotations),
        ev.TextEnded(block=0, text="ab", annotations=annotations),
    ]


def test_a_thought_and_its_signature() -> None:
    events = assembled(
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "hm"},
        {"type": "signature_delta", "signature": "EuwJ"},
    )
    assert events == [
        ev.ThinkingStarted(block=0),
        ev.ThinkingDelta(block=0, text="hm"),
        ev.ThinkingEnded(block=0, summary=("hm",), signature="EuwJ", origin="anthropic"),
    ]


def test_thoughts_without_words_or_without_a_token() -> None:
    assert assembled({"type": "thinking", "thinking": "x"})[-1] == ev.ThinkingEnded(block=0, summary=("x",))
    assert assembled({"type": "redacted_thinking", "data": "Eqk="})[-1] == ev.ThinkingEnded(
        block=0, signature="Eqk=", origin="anthropic", redacted=True
    )


def test_a_call() -> None:
    events = assembled(
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}},
        {"type": "input_json_delta", "partial_json": ""},
        {"type": "input_json_delta", "partial_json": '{"a"'},
        {"type": "input_json_delta", "partial_json": ":1}"},
    )
    assert events == [
        ev.ToolCallStarted(block=0, call_id="toolu_1", name="f"),
        ev.ToolCallDelta(block=0, text='{"a"'),
        ev.ToolCallDelta(block=0, text=":1}"),
        ev.ToolCallEnded(block=0, arguments='{"a":1}'),
    ]


@pytest.mark.parametrize(("given", "arguments"), [({}, "{}"), (None, "{}"), ({"a": 1}, '{"a":1}')])
def test_a_call_whose_input_came_at_once(given: Any, arguments: str) -> None:
    events = assembled({"type": "tool_use", "id": "c", "name": "f", "input": given})
    assert events[1:] == [
        ev.ToolCallDelta(block=0, text=arguments),
        ev.ToolCallEnded(block=0, arguments=arguments),
    ]


def test_names_ids_and_free_text_are_turned_back() -> None:
    context = CallContext(tool_names={"p_": "p."}, call_ids={"c": "call:1"}, custom_tools=frozenset({"p."}))
    delta = {"type": "input_json_delta", "partial_json": '{"input":"*** Begin"}'}
    events = assembled({"type": "tool_use", "id": "c", "name": "p_", "input": {}}, delta, context=context)
    assert events == [
        ev.ToolCallStarted(block=0, call_id="call:1", name="p.", kind=ToolKind.CUSTOM),
        ev.ToolCallDelta(block=0, text="*** Begin"),
        ev.ToolCallEnded(block=0, arguments="*** Begin"),
    ]
    broken = {"type": "input_json_delta", "partial_json": "{oops"}
    events = assembled({"type": "tool_use", "id": "c", "name": "p_"}, broken, context=context)
    assert events[-1] == ev.ToolCallEnded(block=0, arguments="{oops")


def test_a_search_ends_with_its_result() -> None:
    assembly = Assembly(CallContext())
    told = list(assembly.start(0, SEARCH))
    told += assembly.delta(0, Delta(type="input_json_delta", partial_json='{"query":"q"}'), {})
    told += assembly.stop(0)
    assert [type(event) for event in told] == [ev.HostedStarted]
    told += assembly.start(1, {"type": "text", "text": ""})
    told += assembly.stop(1)
    found = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [{"url": "u", "title": "T"}]}
    told += [*assembly.start(2, found), *assembly.stop(2)]
    ended = told[-1]
    assert isinstance(ended, ev.HostedEnded)
    assert (ended.block, ended.kind) == (0, "web_search_call")
    assert ended.item["action"] == {
        "type": "search",
        "query": "q",
        "sources": [{"url": "u", "title": "T", "type": "url"}],
    }
    assert [event.block for event in told if isinstance(event, ev.TextStarted)] == [1]
    assert list(assembly.close()) == []


def test_a_search_without_a_result_ends_with_the_answer() -> None:
    assembly = Assembly(CallContext())
    list(assembly.start(0, SEARCH))
    list(assembly.stop(0))
    (ended,) = assembly.close()
    assert isinstance(ended, ev.HostedEnded)
    assert ended.item["status"] == "in_progress"


def test_other_hosted_blocks_are_carried_whole() -> None:
    use = {"type": "server_tool_use", "id": "x", "name": "code_execution", "input": {}}
    events = assembled(use, {"type": "input_json_delta", "partial_json": '{"code":"1"}'})
    assert events == [
        ev.HostedStarted(block=0, kind="server_tool_use", item=use, item_id="x", origin="anthropic"),
        ev.HostedEnded(block=0, kind="server_tool_use", item=use | {"input": {"code": "1"}}, origin="anthropic"),
    ]
    result = {"type": "code_execution_tool_result", "tool_use_id": "x", "content": {"stdout": "1"}}
    assert assembled(result)[-1] == ev.HostedEnded(
        block=0, kind="code_execution_tool_result", item=result, origin="anthropic"
    )
    lost = {"type": "web_search_tool_result", "tool_use_id": "nobody", "content": []}
    assert assembled(lost)[-1] == ev.HostedEnded(block=0, kind="web_search_tool_result", item=lost, origin="anthropic")


def test_input_that_is_no_object_is_none() -> None:
    use = {"type": "server_tool_use", "id": "x", "name": "y", "input": {}}
    for piece in ("[1]", "{oops"):
        ended = assembled(use, {"type": "input_json_delta", "partial_json": piece})[-1]
        assert isinstance(ended, ev.HostedEnded)
        assert ended.item["input"] == {}


def test_deltas_nobody_knows_grow_their_block() -> None:
    events = assembled(
        {"type": "compaction", "content": None},
        {"type": "compaction_delta", "content": "so "},
        {"type": "compaction_delta", "content": "far", "encrypted_content": "E"},
    )
    item = {"type": "compaction", "content": "so far", "encrypted_content": "E"}
    assert events[-1] == ev.HostedEnded(block=0, kind="compaction", item=item, origin="anthropic")


def test_a_text_without_a_beginning_and_a_block_without_an_end() -> None:
    assembly = Assembly(CallContext())
    assert list(assembly.delta(3, Delta(type="text_delta", text="x"), {})) == [
        ev.TextStarted(block=0),
        ev.TextDelta(block=0, text="x"),
    ]
    assert assembly.has_open
    assert list(assembly.delta(7, Delta(type="input_json_delta", partial_json="x"), {})) == []
    told = list(assembly.start(3, {"type": "text", "text": ""}))
    assert told == [ev.TextEnded(block=0, text="x"), ev.TextStarted(block=1)]
    assert list(assembly.close()) == [ev.TextEnded(block=1, text="")]
    assert list(assembly.stop(3)) == []


def test_a_block_without_a_type_is_none() -> None:
    assert assembled({"id": "x"}) == []
