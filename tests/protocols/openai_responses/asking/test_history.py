"""Histories as upstreams of the family take them."""

import pytest

from codex_proxy.canonical.blocks import (
    DataSource,
    FileIdSource,
    Hosted,
    Image,
    Opaque,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from codex_proxy.canonical.notes import Verdict, Weight
from codex_proxy.canonical.request import Dialect, JsonOutput, Request, Role, Turn
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.openai_responses.asking.history import History, split_instructions
from codex_proxy.protocols.parts.names import NameMap
from tests.protocols.codex.parts import request, user


def history(
    asked: Request, *, drop_reasoning: bool = False, keeps_items: bool = False, knows_files: bool = False
) -> History:
    return History(asked, NameMap(()), keeps_items=keeps_items, drop_reasoning=drop_reasoning, knows_files=knows_files)


def said(role: Role, text: str) -> Turn:
    return Turn(role=role, blocks=(Text(text=text),))


def test_leading_system_and_developer_messages_become_instructions() -> None:
    asked = request(said(Role.SYSTEM, "one"), said(Role.DEVELOPER, "two"), user(), said(Role.SYSTEM, "later"))
    assert split_instructions(asked) == ("one\n\ntwo", (user(), said(Role.SYSTEM, "later")))


def test_a_responses_client_keeps_its_items_where_they_are() -> None:
    asked = request(said(Role.DEVELOPER, "x"), user(), dialect=Dialect.OPENAI_RESPONSES, instructions="top")
    assert split_instructions(asked) == ("top", asked.turns)


def test_item_ids_and_unsendable_members_go() -> None:
    call = ToolCall(call_id="c", name="look", arguments="{}", item_id="fc_1", extra={"status": "completed"})
    result = ToolResult(call_id="c", parts=(Text(text="seen"),), item_id="fco_1")
    asked = request(
        Turn(role=Role.ASSISTANT, blocks=(call,), item_id="msg_1"), Turn(role=Role.TOOL, blocks=(result,)), user()
    )
    blocks = [block for turn in history(asked).turns for block in turn.blocks]
    assert blocks[0] == ToolCall(call_id="c", name="look", arguments="{}")
    assert blocks[1] == ToolResult(call_id="c", parts=(Text(text="seen"),))


SEARCH = Hosted(
    kind="web_search_call",
    item={
        "type": "web_search_call",
        "id": "srvtoolu_1",
        "status": "completed",
        "caller": {"type": "x"},
        "action": {"type": "search", "query": "q", "sources": [{"type": "url", "url": "u", "encrypted_content": "E"}]},
    },
    item_id="srvtoolu_1",
)


def hosted(asked: Hosted, dialect: Dialect = Dialect.ANTHROPIC) -> tuple[list[object], list[Verdict]]:
    made = history(request(Turn(role=Role.ASSISTANT, blocks=(asked,)), user(), dialect=dialect))
    return [block for turn in made.turns[:-1] for block in turn.blocks], [note.verdict for note in made.notes]


def test_a_search_of_another_dialects_client_is_told_as_the_familys_own_clients_tell_it() -> None:
    (told,), notes = hosted(SEARCH)
    assert isinstance(told, Hosted)
    assert told.item == {
        "type": "web_search_call",
        "status": "completed",
        "action": {"type": "search", "query": "q", "sources": [{"type": "url", "url": "u"}]},
    }
    assert notes == []
    (paused,), _ = hosted(Hosted(kind="web_search_call", item={"status": "in_progress", "action": {"query": "q"}}))
    assert isinstance(paused, Hosted)
    assert paused.item == {
        "type": "web_search_call",
        "status": "in_progress",
        "action": {"type": "search", "query": "q"},
    }


def test_a_responses_client_keeps_its_search_as_it_is() -> None:
    assert hosted(SEARCH, Dialect.OPENAI_RESPONSES) == ([SEARCH], [])


def test_what_only_another_upstream_knows_is_told_in_words_if_there_are_any() -> None:
    ran = Hosted(kind="mcp_tool_result", item={"type": "mcp_tool_result"}, origin="anthropic", retold="mcp: 42")
    assert hosted(ran) == ([Text(text="mcp: 42")], [Verdict.APPROXIMATED])
    mute = Hosted(kind="mcp_tool_use", item={"type": "mcp_tool_use"}, origin="anthropic")
    assert hosted(mute) == ([], [Verdict.DROPPED])


def test_long_call_ids_are_shortened_and_can_be_mapped_back() -> None:
    long = "c" * 80
    turns = (
        Turn(role=Role.ASSISTANT, blocks=(ToolCall(call_id=long, name="look", arguments="{}"),)),
        Turn(role=Role.TOOL, blocks=(ToolResult(call_id=long, parts=()),)),
    )
    made = history(request(*turns))
    sent = {block.call_id for turn in made.turns for block in turn.blocks if isinstance(block, ToolCall | ToolResult)}
    assert len(sent) == 1
    assert made.call_ids == {sent.pop(): long}


def test_reasoning_without_its_encrypted_content_is_left_out_with_a_note() -> None:
    made = history(request(Turn(role=Role.ASSISTANT, blocks=(Thinking(summary=("hm",)),)), user()))
    assert made.turns == (user(),)
    assert [note.path for note in made.notes] == ["reasoning"]


def test_encrypted_reasoning_stays_unless_it_was_refused() -> None:
    thought = Turn(role=Role.ASSISTANT, blocks=(Thinking(signature="gAAAA", item_id="rs_1"),))
    assert history(request(thought, user())).turns == (thought, user())
    assert history(request(thought, user()), drop_reasoning=True).turns == (user(),)


def test_reasoning_of_another_upstream_is_left_out() -> None:
    foreign = Turn(role=Role.ASSISTANT, blocks=(Thinking(signature="sig", origin="anthropic"),))
    assert history(request(foreign, user())).turns == (user(),)


def test_a_client_that_wrote_the_upstreams_items_keeps_them() -> None:
    call = ToolCall(call_id="c", name="look", arguments="{}", item_id="x")
    turns = (Turn(role=Role.ASSISTANT, blocks=(call,)), Turn(role=Role.ASSISTANT, blocks=(Thinking(item_id="rs_1"),)))
    asked = request(*turns, dialect=Dialect.OPENAI_RESPONSES)
    assert history(asked, keeps_items=True).turns == turns
    without = history(asked, keeps_items=True, drop_reasoning=True)
    assert (without.turns, [note.path for note in without.notes]) == (turns[:1], ["reasoning"])
    foreign = Turn(role=Role.ASSISTANT, blocks=(Thinking(signature="x", origin="gemini"),))
    asked = request(*turns, foreign, dialect=Dialect.OPENAI_RESPONSES)
    assert history(asked, keeps_items=True).turns == turns


def test_a_request_for_json_that_never_says_the_word_gets_a_message_that_does() -> None:
    made = history(request(user("a list please"), output=JsonOutput()))
    assert made.turns[-1].role is Role.DEVELOPER
    assert history(request(user("as JSON please"), output=JsonOutput())).turns == (user("as JSON please"),)


def test_an_uploaded_file_is_refused_where_nobody_knows_it() -> None:
    asked = request(Turn(role=Role.USER, blocks=(Image(source=FileIdSource(file_id="file-1")),)))
    with pytest.raises(Unsupported, match="uploaded"):
        history(asked)
    assert history(asked, knows_files=True).turns == asked.turns


def test_what_cannot_be_carried_leaves_a_trace_and_a_lossy_note() -> None:
    picture = Image(source=DataSource(media_type="image/png", data="aGk="))
    asked = request(
        Turn(role=Role.ASSISTANT, blocks=(picture,)),
        Turn(role=Role.USER, blocks=(Opaque(dialect=Dialect.OPENAI_CHAT, payload={"type": "hologram"}),)),
    )
    made = history(asked)
    texts = [block.text for turn in made.turns for block in turn.blocks if isinstance(block, Text)]
    assert texts == ["[removed: a picture of the assistant]", "[removed: a part of type hologram]"]
    assert {note.weight for note in made.notes} == {Weight.LOSSY}


def test_members_of_another_dialect_go_from_messages_calls_and_parts_with_a_note() -> None:
    asked = request(
        Turn(role=Role.USER, blocks=(Text(text="u", extra={"cache_control": {}, "mood": 1}),), extra={"sent_at": 5}),
        Turn(role=Role.ASSISTANT, blocks=(ToolCall(call_id="c", name="look", arguments="{}", extra={"why": "x"}),)),
        Turn(role=Role.TOOL, blocks=(ToolResult(call_id="c", parts=(Text(text="seen", extra={"mood": 2}),)),)),
    )
    made = history(asked)
    assert made.turns[0] == user("u")
    assert not any(getattr(part, "extra", None) for turn in made.turns for part in (turn, *turn.blocks))
    assert made.turns[2].blocks == (ToolResult(call_id="c", parts=(Text(text="seen"),)),)
    assert [note.path for note in made.notes] == ["messages.mood", "messages.sent_at", "messages.why", "messages.mood"]


def test_a_responses_client_keeps_unknown_members_but_no_marks_for_caches() -> None:
    part = Text(text="u", extra={"prompt_cache_breakpoint": {}, "mood": 1})
    asked = request(Turn(role=Role.USER, blocks=(part,), extra={"x": 1}), dialect=Dialect.OPENAI_RESPONSES)
    kept = Turn(role=Role.USER, blocks=(Text(text="u", extra={"mood": 1}),), extra={"x": 1})
    assert history(asked).turns == (kept,)
