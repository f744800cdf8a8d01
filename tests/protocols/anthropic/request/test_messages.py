import base64
from typing import Any

import pytest

from codex_proxy.canonical.blocks import Hosted, Image, Opaque, Text, Thinking, ToolCall, ToolResult
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.canonical.tools import FunctionTool
from codex_proxy.protocols.anthropic.request.messages import Conversation
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.signatures import seal

HI = {"role": "user", "content": "hi"}
BARE = base64.urlsafe_b64encode(b"\x80" + bytes(72)).decode()


def read(*messages: Any) -> Conversation:
    return Conversation(list(messages), "messages")


def assistant(*blocks: Any) -> tuple[Any, ...]:
    turn = read(HI, {"role": "assistant", "content": list(blocks)}).turns[1]
    assert turn.role is Role.ASSISTANT
    return turn.blocks


def result(content: Any = None, **more: Any) -> ToolResult:
    block = {"type": "tool_result", "tool_use_id": "c1", **({} if content is None else {"content": content}), **more}
    (made,) = read({"role": "user", "content": [block]}).turns[0].blocks
    assert isinstance(made, ToolResult)
    return made


def test_a_dialogue_keeps_its_order() -> None:
    said = read(
        HI,
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Looking"},
                {"type": "tool_use", "id": "c1", "name": "ls", "input": {"p": "."}},
                {"type": "text", "text": "and more"},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "x y"},
                {"type": "text", "text": "now explain"},
            ],
        },
    )
    assert said.turns == (
        Turn(role=Role.USER, blocks=(Text(text="hi"),)),
        Turn(
            role=Role.ASSISTANT,
            blocks=(
                Text(text="Looking"),
                ToolCall(call_id="c1", name="ls", arguments='{"p":"."}'),
                Text(text="and more"),
            ),
        ),
        Turn(
            role=Role.USER,
            blocks=(ToolResult(call_id="c1", parts=(Text(text="x y"),)), Text(text="now explain")),
        ),
    )


def test_results_alone_are_no_words_of_the_user() -> None:
    two = [{"type": "tool_result", "tool_use_id": name, "content": name} for name in ("a", "b")]
    turn = read({"role": "user", "content": two}).turns[0]
    assert turn.role is Role.TOOL
    assert [block.call_id for block in turn.blocks if isinstance(block, ToolResult)] == ["a", "b"]


def test_results_of_every_form() -> None:
    assert result("x") == ToolResult(call_id="c1", parts=(Text(text="x"),), plain=True)
    assert result() == result("") == ToolResult(call_id="c1", parts=(Text(text="(no output)"),), plain=True)
    picture = {"type": "image", "source": {"type": "url", "url": "https://a.example/x.png"}}
    listed = result([{"type": "text", "text": "see"}, picture, {"type": "tool_reference", "tool_name": "T"}])
    assert not listed.plain
    assert [type(part) for part in listed.parts] == [Text, Image, Text]


def test_a_failed_tool_is_marked_in_its_text() -> None:
    failed = result("boom", is_error=True)
    assert failed.is_error
    assert failed.parts == (Text(text="[tool error]\nboom"),)
    listed = result([{"type": "text", "text": "boom"}], is_error=True)
    assert listed.parts == (Text(text="[tool error]"), Text(text="boom"))


def test_a_thought_of_ours_comes_back_opened() -> None:
    token = seal("responses", "rs_1", "gAAAAtoken")
    (thought,) = assistant({"type": "thinking", "thinking": "T", "signature": token})
    assert thought == Thinking(summary=("T",), signature="gAAAAtoken", item_id="rs_1")


def test_a_thought_whose_words_were_left_out() -> None:
    (thought,) = assistant({"type": "thinking", "thinking": "", "signature": seal("responses", "rs_1", "tok")})
    assert thought == Thinking(signature="tok", item_id="rs_1")


def test_bare_tokens_of_the_backend_are_known() -> None:
    (thought,) = assistant({"type": "thinking", "thinking": "T", "signature": BARE})
    assert (thought.signature, thought.origin) == (BARE, None)


def test_foreign_thoughts_survive_word_for_word_under_their_own_name() -> None:
    own, redacted, other = assistant(
        {"type": "thinking", "thinking": "T", "signature": "EuwJCm4="},
        {"type": "redacted_thinking", "data": "Eqk="},
        {"type": "thinking", "thinking": "G", "signature": seal("gemini", None, "Q2k=")},
    )
    assert own == Thinking(summary=("T",), signature="EuwJCm4=", origin="anthropic")
    assert redacted == Thinking(signature="Eqk=", origin="anthropic", redacted=True)
    assert other == Thinking(summary=("G",), signature="Q2k=", origin="gemini")


def test_an_unsigned_thought_has_words_only() -> None:
    assert assistant({"type": "thinking", "thinking": "T"}) == (Thinking(summary=("T",)),)


def test_instructions_in_mid_conversation_stay_in_place() -> None:
    said = read(HI, {"role": "system", "content": [{"type": "text", "text": "be kind"}]}, HI)
    assert [turn.role for turn in said.turns] == [Role.USER, Role.SYSTEM, Role.USER]


def test_the_last_effort_said_holds() -> None:
    said = read(
        HI,
        {"role": "system", "content": "x", "output_config": {"effort": "low"}},
        {"role": "system", "content": "y", "output_config": {"effort": "high"}},
        HI,
    )
    assert said.effort == "high"
    assert read(HI).effort is None


def test_tools_that_come_and_go() -> None:
    tool = {"name": "late", "input_schema": {"type": "object"}}
    said = read(
        HI,
        {
            "role": "system",
            "content": [
                {"type": "tool_addition", "tool": {"type": "tool_reference", "name": "policy"}},
                {"type": "tool_addition", "tool": tool},
                {"type": "tool_removal", "tool": {"type": "tool_reference", "tool_name": "old"}},
            ],
        },
    )
    assert [block.text for block in said.turns[1].blocks if isinstance(block, Text)] == [
        "The tool policy is now available.",
        "The tool late is now available.",
        "The tool old is no longer available.",
    ]
    assert said.tools == [FunctionTool(name="late", parameters={"type": "object"})]


def test_hosted_calls_keep_their_place_and_what_they_carry() -> None:
    call = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}}
    found = {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"title": "A", "url": "u"}]}
    ran = {"type": "bash_code_execution_tool_result", "content": {"stdout": "42"}}
    lead, search, execution, words = assistant(
        {"type": "text", "text": "Looking"}, call, found, ran, {"type": "text", "text": "It rains."}
    )
    assert (lead, words) == (Text(text="Looking"), Text(text="It rains."))
    assert isinstance(search, Hosted)
    assert (search.kind, search.retold) == ("web_search_call", "")
    assert search.item["action"]["sources"] == [{"type": "url", "title": "A", "url": "u"}]
    assert execution == Hosted(kind=ran["type"], item=ran, origin="anthropic", retold="bash_code_execution: 42")  # type: ignore[arg-type]


def test_what_a_search_found_is_said_in_words_where_no_text_follows() -> None:
    call = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "q"}}
    (search,) = assistant(call, {"type": "web_search_tool_result", "tool_use_id": "s", "content": []})
    assert isinstance(search, Hosted)
    assert search.retold == "Searched: q → nothing"
    silent, nothing = assistant(call, {"type": "text", "text": ""}, {"type": "text", "text": "x"})
    assert (isinstance(silent, Hosted) and silent.retold, nothing) == ("", Text(text="x"))


def test_blocks_like_hosted_ones_in_the_users_message_are_the_users() -> None:
    (block,) = read({"role": "user", "content": [{"type": "web_search_tool_result", "content": []}]}).turns[0].blocks
    assert isinstance(block, Opaque)


def test_a_compaction_is_a_text() -> None:
    assert assistant({"type": "compaction", "content": "so far"}) == (Text(text="so far"),)
    assert read(HI, {"role": "assistant", "content": [{"type": "compaction", "content": None}]}).turns == read(HI).turns


def test_what_means_nothing_elsewhere_is_noted() -> None:
    said = read(
        {"role": "user", "content": [{"type": "container_upload", "file_id": "f"}, {"type": "text", "text": "x"}]}
    )
    assert [(note.path, note.weight) for note in said.notes] == [("messages[0].content[0]", Weight.LOSSY)]


def test_an_unknown_role_is_read_as_the_users() -> None:
    said = read({"role": "narrator", "content": "hi"})
    assert said.turns[0].role is Role.USER
    assert [note.path for note in said.notes] == ["messages[0].role"]


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ({"content": "x"}, "messages[0].role"),
        ({"role": "user", "content": ""}, "messages"),
        ({"role": "user", "content": [{"type": "text", "text": ""}]}, "messages"),
        ({"role": "user", "content": [{"type": "tool_result"}]}, "messages[0].content[0].tool_use_id"),
        ({"role": "assistant", "content": [{"type": "tool_use", "name": "f"}]}, "messages[0].content[0].id"),
        (
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": "{}"}]},
            "messages[0].content[0].input",
        ),
    ],
)
def test_wrong_shapes_are_named(message: Any, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(message)
    assert refused.value.path == path
