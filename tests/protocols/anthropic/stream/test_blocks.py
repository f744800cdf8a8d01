import json
from typing import Any

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, ToolKind
from codex_proxy.protocols.anthropic.schema import GRAMMAR, Display
from codex_proxy.protocols.anthropic.stream.blocks import BlockWriter, call_block
from codex_proxy.protocols.anthropic.stream.queue import BlockEvent
from codex_proxy.protocols.parts.legality import Legality
from codex_proxy.protocols.parts.signatures import seal
from tests.protocols.anthropic.wire import grow, payloads

WEB = Annotation(kind="url_citation", url="https://a.example", title="A", start_index=0, end_index=2)

CITED: list[BlockEvent] = [
    ev.TextStarted(block=0),
    ev.TextDelta(block=0, text="sky"),
    ev.AnnotationAdded(block=0, annotation=WEB),
]


def writer(display: Display = Display.SHOWN, *, searches: bool = True) -> BlockWriter:
    legality = Legality(GRAMMAR)
    assert legality.accept("message_start")
    return BlockWriter(legality, display=display, searches=searches)


def told(*events: BlockEvent, by: BlockWriter | None = None) -> list[dict[str, Any]]:
    by = by or writer()
    raw = b"".join(map(by.write, events)) + by.close() + by.late_results()
    made: list[dict[str, Any]] = []
    opened: int | None = None
    for payload in payloads(raw):
        match payload["type"]:
            case "content_block_start":
                assert (opened, payload["index"]) == (None, len(made))
                opened = payload["index"]
                made.append({**payload["content_block"], "pieces": ""})
            case "content_block_delta":
                assert payload["index"] == opened
                grow(made[-1], payload["delta"])
            case "content_block_stop":
                assert payload["index"] == opened
                opened = None
    assert opened is None
    return made


def thought(*deltas: tuple[int, str], raw: bool = False, **end: Any) -> list[BlockEvent]:
    return [
        ev.ThinkingStarted(block=0, item_id="rs_1"),
        *(ev.ThinkingDelta(block=0, part=part, text=text, raw=raw) for part, text in deltas),
        ev.ThinkingEnded(block=0, item_id="rs_1", **end),
    ]


def call(kind: ToolKind, *pieces: str, call_id: str = "c1") -> list[BlockEvent]:
    return [
        ev.ToolCallStarted(block=1, call_id=call_id, name="f", kind=kind),
        *(ev.ToolCallDelta(block=1, text=piece) for piece in pieces),
        ev.ToolCallEnded(block=1, arguments="".join(pieces)),
    ]


def searched(block: int, **item: Any) -> ev.HostedEnded:
    members = {"type": "web_search_call", "id": f"ws_{block}", "status": "completed"} | item
    return ev.HostedEnded(block=block, kind="web_search_call", item=members)


def test_a_text_opens_with_its_first_word() -> None:
    silent: list[BlockEvent] = [ev.TextStarted(block=0), ev.TextEnded(block=0, text="")]
    spoken: list[BlockEvent] = [
        ev.TextStarted(block=1),
        ev.TextDelta(block=1, text="a"),
        ev.TextDelta(block=1, text="é\n"),
    ]
    assert told(*silent, *spoken) == [{"type": "text", "text": "aé\n", "pieces": ""}]


def test_a_refusal_is_a_text() -> None:
    by = writer()
    assert told(ev.RefusalStarted(block=0), ev.RefusalDelta(block=0, text="no"), by=by)[0]["text"] == "no"
    assert by.refused


def test_a_thought_with_its_sealed_token_and_blank_lines_between_parts() -> None:
    (block,) = told(*thought((0, "a"), (0, "b"), (1, "c"), signature="gAAAA"))
    assert block["type"] == "thinking"
    assert block["thinking"] == "ab\n\nc"
    assert block["signature"] == seal("responses", "rs_1", "gAAAA")


def test_raw_thoughts_show_only_without_a_summary() -> None:
    raw = ev.ThinkingDelta(block=0, text="raw", raw=True)
    events = thought((0, "short"))
    assert told(events[0], events[1], raw, events[2])[0]["thinking"] == "short"
    assert told(*thought((0, "raw"), raw=True))[0]["thinking"] == "raw"


def test_a_second_thought_is_a_block_of_its_own() -> None:
    second: list[BlockEvent] = [
        ev.ThinkingStarted(block=3),
        ev.ThinkingDelta(block=3, text="two"),
        ev.ThinkingEnded(block=3),
    ]
    assert [block["thinking"] for block in told(*thought((0, "one")), *second)] == ["one", "two"]


def test_thoughts_left_out_keep_their_token() -> None:
    (block,) = told(*thought((0, "a"), signature="gAAAA"), by=writer(Display.OMITTED))
    assert (block["thinking"], block["signature"]) == ("", seal("responses", "rs_1", "gAAAA"))
    assert told(*thought((0, "a")), by=writer(Display.OMITTED)) == []


def test_clients_that_did_not_ask_see_no_thought() -> None:
    assert told(*thought((0, "a"), signature="gAAAA"), by=writer(Display.HIDDEN)) == []


def test_the_familys_own_tokens_go_out_as_they_came() -> None:
    (block,) = told(*thought((0, "a"), signature="EuwJ", origin="anthropic"))
    assert block["signature"] == "EuwJ"
    (redacted,) = told(*thought(signature="Eqk=", origin="anthropic", redacted=True))
    assert redacted == {"type": "redacted_thinking", "data": "Eqk=", "pieces": ""}


def test_a_call_with_its_pieces() -> None:
    by = writer()
    (block,) = told(*call(ToolKind.FUNCTION, '{"a"', ":1}"), by=by)
    assert block == {"type": "tool_use", "id": "c1", "name": "f", "input": {}, "pieces": '{"a":1}'}
    assert by.called


def test_a_call_without_arguments_has_no_delta() -> None:
    assert told(*call(ToolKind.FUNCTION))[0]["pieces"] == ""


@pytest.mark.parametrize("text", ['*** Begin "Patch"\n\\x\té', ""])
def test_free_text_becomes_json_piece_by_piece(text: str) -> None:
    (block,) = told(*call(ToolKind.CUSTOM, *text))
    assert json.loads(block["pieces"]) == {"input": text}


def test_free_text_that_is_cut_off_is_still_json() -> None:
    (block,) = told(*call(ToolKind.CUSTOM, "half")[:-1])
    assert json.loads(block["pieces"]) == {"input": "half"}


def test_ids_keep_to_the_characters_of_the_wire() -> None:
    assert told(*call(ToolKind.FUNCTION, call_id="call:1/x"))[0]["id"] == "call_1_x"
    assert call_block("", "f", {})["id"] == "call"


def test_citations_quote_what_was_said() -> None:
    (block,) = told(*CITED)
    assert [citation["cited_text"] for citation in block["citations"]] == ["sk"]


def test_citations_are_not_for_clients_that_never_searched() -> None:
    by = writer(searches=False)
    assert "citations" not in told(*CITED, by=by)[0]
    assert by.dropped == []


def test_citations_without_a_form_are_noted() -> None:
    by = writer()
    files = Annotation(kind="file_citation", extra={"file_id": "f"})
    told(ev.TextStarted(block=0), ev.TextDelta(block=0, text="x"), ev.AnnotationAdded(block=0, annotation=files), by=by)
    assert by.dropped == ["citation file_citation"]


def test_a_search_with_its_sources() -> None:
    by = writer()
    action = {"type": "search", "query": "q", "sources": [{"url": "u"}]}
    use, result = told(searched(0, action=action), by=by)
    assert (use["type"], json.loads(use["pieces"])) == ("server_tool_use", {"query": "q"})
    assert [found["url"] for found in result["content"]] == ["u"]
    assert by.searches_count == 1


def test_sources_that_come_to_light_as_citations_stand_at_the_end() -> None:
    text: list[BlockEvent] = [
        ev.TextStarted(block=2),
        ev.TextDelta(block=2, text="sky"),
        ev.AnnotationAdded(block=2, annotation=WEB),
        ev.TextEnded(block=2, text="sky"),
    ]
    made = told(searched(0), searched(1), *text)
    assert [block["type"] for block in made] == [
        "server_tool_use",
        "server_tool_use",
        "text",
        "web_search_tool_result",
        "web_search_tool_result",
    ]
    assert [block["tool_use_id"] for block in made[3:]] == ["srvtoolu_0", "srvtoolu_1"]
    assert [[found["url"] for found in block["content"]] for block in made[3:]] == [["https://a.example"], []]


def test_a_search_that_broke_off_has_no_result() -> None:
    assert [block["type"] for block in told(searched(0, status="in_progress"))] == ["server_tool_use"]


def test_hosted_blocks_of_the_family_go_out_whole() -> None:
    use = {"type": "server_tool_use", "id": "s", "name": "code_execution", "input": {"code": "1"}}
    result = {"type": "code_execution_tool_result", "tool_use_id": "s", "content": {"stdout": "1"}}
    made = told(
        ev.HostedEnded(block=0, kind="server_tool_use", item=use),
        ev.HostedEnded(block=1, kind="code_execution_tool_result", item=result),
    )
    assert (made[0]["input"], json.loads(made[0]["pieces"])) == ({}, {"code": "1"})
    assert made[1] == result | {"pieces": ""}


def test_a_picture_is_a_link_and_without_one_it_is_noted() -> None:
    by = writer()
    linked = {"type": "image_generation_call", "url": "http://127.0.0.1/1"}
    bare = {"type": "image_generation_call", "result": "aGk="}
    page = {"type": "web_search_call", "action": {"type": "open_page"}}
    made = told(
        ev.HostedEnded(block=0, kind="image_generation_call", item=linked),
        ev.HostedEnded(block=1, kind="image_generation_call", item=bare),
        ev.HostedEnded(block=2, kind="web_search_call", item=page),
        by=by,
    )
    assert [block["text"] for block in made] == ["![picture](http://127.0.0.1/1)"]
    assert by.dropped == ["item image_generation_call", "item web_search_call"]


def test_a_namespace_is_noted() -> None:
    by = writer()
    told(ev.ToolCallStarted(block=0, call_id="c", name="f", namespace="n"), by=by)
    assert by.dropped == ["tool call namespace"]


def test_a_block_that_a_frame_opened_is_gone_on_with() -> None:
    legality = Legality(GRAMMAR)
    assert legality.accept("message_start")
    assert legality.accept("start call", 4)
    by = BlockWriter(legality, display=Display.SHOWN, searches=False)
    by.follow(4, "tool_use")
    raw = by.write(ev.ToolCallDelta(block=0, text="{}")) + by.write(ev.TextStarted(block=1)) + by.write_text("x")
    assert [(payload["type"], payload["index"]) for payload in payloads(raw)] == [
        ("content_block_delta", 4),
        ("content_block_stop", 4),
        ("content_block_start", 5),
        ("content_block_delta", 5),
    ]
    assert legality.refused == 0
