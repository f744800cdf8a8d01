"""Traps of section 5: what clients of Anthropic Messages say."""

import json
from pathlib import Path
from typing import Any

import pytest

from codex_proxy.protocols.parts.signatures import seal
from tests.pitfalls.talk import (
    ANTHROPIC,
    JPEG,
    LOOSE,
    PDF,
    items,
    parsed,
    sent,
    thought,
    user,
)
from tests.scenarios.stage import Stage, stage

CLAUDE_CODE = {"anthropic-version": "2023-06-01", "x-api-key": "a-key-of-the-owners-choice"}
TOOLS = [{"name": "f", "input_schema": LOOSE}]
CALLED = {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {}}]}
BILLING = "x-anthropic-billing-header: cc_version={}; cch={};"


def results(*content: dict[str, Any]) -> list[dict[str, Any]]:
    """What the backend gets of a user message that follows a call."""
    return items(ANTHROPIC, messages=[CALLED, *user(*content)])[1:]


def result(**members: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "c"} | members


def kinds(made: list[dict[str, Any]]) -> list[str]:
    return [item["type"] for item in made]


def test_p5_2_no_tool_at_all_is_a_choice() -> None:
    assert sent(ANTHROPIC, tools=TOOLS, tool_choice={"type": "none"})["tool_choice"] == "none"


def test_p5_3_results_come_before_the_words_beside_them() -> None:
    other = {"type": "tool_use", "id": "d", "name": "f", "input": {}}
    talk = [{"role": "assistant", "content": [*CALLED["content"], other]}]
    answers = [result(tool_use_id="d", content="2"), result(content="1"), {"type": "text", "text": "go on"}]
    *_, first, second, words = items(ANTHROPIC, messages=[*talk, *user(*answers)])
    assert (first["output"], second["output"], words["type"]) == ("2", "1", "message")


def test_p5_4_words_and_calls_of_a_turn_keep_their_order() -> None:
    content = [{"type": "text", "text": "a"}, CALLED["content"][0], {"type": "text", "text": "b"}]
    made = items(ANTHROPIC, messages=[{"role": "assistant", "content": content}, *user(result(content="r"))])
    assert kinds(made)[:3] == ["message", "function_call", "message"]


@pytest.mark.parametrize(
    ("block", "part"),
    [
        (
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": PDF}},
            {"type": "input_file", "filename": "document.pdf", "file_data": f"data:application/pdf;base64,{PDF}"},
        ),
        (
            {"type": "document", "source": {"type": "url", "url": "https://a.test/a.pdf"}},
            {"type": "input_file", "file_url": "https://a.test/a.pdf"},
        ),
        (
            {"type": "image", "source": {"type": "url", "url": "https://a.test/a.png"}},
            {"type": "input_image", "image_url": "https://a.test/a.png"},
        ),
    ],
)
def test_p5_5_documents_and_linked_pictures_are_carried(block: dict[str, Any], part: dict[str, Any]) -> None:
    (made,) = items(ANTHROPIC, messages=user(block))[0]["content"]
    assert part.items() <= made.items()


def signed(signature: str) -> list[dict[str, Any]]:
    """What the backend gets of a thought with this signature."""
    block = {"type": "thinking", "thinking": "hm", "signature": signature}
    return items(ANTHROPIC, messages=[{"role": "assistant", "content": [block]}, *user({"type": "text", "text": "u"})])


def test_p5_9_a_foreign_signature_stays_here() -> None:
    assert kinds(signed("EqoBCkgIARABGAIiQL" + "A" * 200)) == ["message"]


def test_p5_8_a_signature_of_ours_comes_back_as_the_thought_it_was() -> None:
    assert signed(seal("responses", "rs_1", "gAAAAtoken"))[0] == thought("hm", token="gAAAAtoken")


@pytest.mark.parametrize(
    ("said", "effort"),
    [
        ({"output_config": {"effort": "high"}}, "high"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "low"),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}, "low"),
        ({"thinking": {"type": "adaptive"}}, None),
    ],
)
def test_p5_10_efforts_are_heard(said: dict[str, Any], effort: str | None) -> None:
    made = sent(ANTHROPIC, **said)["reasoning"]
    assert made.get("effort") == effort
    assert made.get("summary") == ("auto" if "thinking" in said else None)


CLOSED = LOOSE | {"required": ["path"], "additionalProperties": False}


@pytest.mark.parametrize("where", [{"output_config": {}}, {}])
def test_p5_11_a_schema_is_asked_for_in_both_spellings(where: dict[str, Any]) -> None:
    wish = {"type": "json_schema", "schema": CLOSED}
    said = {"output_config": {"format": wish}} if where else {"output_format": wish}
    made = sent(ANTHROPIC, **said)["text"]["format"]
    assert (made["type"], made["schema"], made["strict"]) == ("json_schema", CLOSED, True)


@pytest.mark.parametrize("version", ["web_search_20250305", "web_search_20260209", "web_search_20260318"])
def test_p5_13_every_version_of_the_search_is_the_search(version: str) -> None:
    assert sent(ANTHROPIC, tools=[{"type": version, "name": "web_search"}])["tools"] == [{"type": "web_search"}]


@pytest.mark.parametrize(
    ("kind", "name", "parameter"),
    [
        ("bash_20250124", "bash", "command"),
        ("text_editor_20250728", "str_replace_based_edit_tool", "old_str"),
        ("memory_20250818", "memory", "path"),
    ],
)
def test_p5_13_tools_without_a_schema_get_theirs(kind: str, name: str, parameter: str) -> None:
    (tool,) = sent(ANTHROPIC, tools=[{"type": kind, "name": name}])["tools"]
    assert (tool["type"], tool["name"]) == ("function", name)
    assert parameter in tool["parameters"]["properties"]


def test_p5_14_nobody_searches_unasked() -> None:
    assert "tools" not in sent(ANTHROPIC, CLAUDE_CODE)
    assert [tool["type"] for tool in sent(ANTHROPIC, CLAUDE_CODE, tools=TOOLS)["tools"]] == ["function"]


def test_p5_15_the_volatile_block_is_left_out() -> None:
    def asked(version: str) -> str:
        blocks = [{"type": "text", "text": BILLING.format(version, version)}, {"type": "text", "text": "be brief"}]
        said: str = sent(ANTHROPIC, system=blocks)["instructions"]
        return said

    assert asked("1.0") == asked("2.0") == "be brief"


@pytest.mark.parametrize("content", ["boom", [{"type": "text", "text": "boom"}]])
def test_p5_16_a_failed_tool_is_marked(content: Any) -> None:
    (made,) = results(result(content=content, is_error=True))
    assert json.dumps(made["output"]).startswith(('"[tool error]', '[{"type": "input_text", "text": "[tool error]'))
    assert "boom" in json.dumps(made["output"])


@pytest.mark.parametrize("content", [{}, {"content": ""}, {"content": []}])
def test_p5_17_a_result_of_nothing_says_so(content: dict[str, Any]) -> None:
    (made,) = results(result(**content))
    assert json.dumps(made["output"]).count("(no output)") == 1


async def counted(play: Stage, *content: dict[str, Any]) -> int:
    body = {"model": "gpt-5.4", "messages": user(*content)}
    reply = await play.client.post("/v1/messages/count_tokens", json=body)
    assert reply.status_code == 200
    return int(reply.json()["input_tokens"])


async def test_p5_18_pictures_count_as_pictures_and_words_at_least_as_words(tmp_path: Path) -> None:
    source = {"type": "base64", "media_type": "image/jpeg", "data": JPEG + "A" * 1_400_000}
    async with stage(tmp_path) as play:
        picture = await counted(play, {"type": "image", "source": source})
        words = await counted(play, {"type": "text", "text": "hello world " * 100})
    assert picture < 2_000
    assert 200 <= words < 250


def test_p5_28_one_call_at_a_time() -> None:
    said: dict[str, Any] = {"tools": TOOLS, "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}
    assert sent(ANTHROPIC, **said)["parallel_tool_calls"] is False


async def test_p5_29_the_key_of_the_cache_is_the_sessions_and_the_accounts(tmp_path: Path) -> None:
    def turns(count: int) -> list[dict[str, Any]]:
        return [{"role": "user" if turn % 2 == 0 else "assistant", "content": f"t{turn}"} for turn in range(count)]

    async with stage(tmp_path) as play:
        for session, count in (("a", 1), ("a", 3), ("b", 1)):
            body = {"model": "gpt-5.4", "max_tokens": 9, "messages": turns(count)}
            headers = {"x-claude-code-session-id": f"session-{session}"}
            assert (await play.client.post("/v1/messages", json=body, headers=headers)).status_code == 200
        first, second, other = [entry["body"]["prompt_cache_key"] for entry in await play.asked()]
    assert first == second != other


@pytest.mark.parametrize(
    ("user_id", "session"),
    [
        ("user_ab_account__session_0198c0de-0000-7000-8000-000000000001", "0198c0de-0000-7000-8000-000000000001"),
        (json.dumps({"device_id": "d", "session_id": "s-1"}), "s-1"),
        ({"device_id": "d", "session_id": "s-1"}, "s-1"),
        (7, None),
        (None, None),
    ],
)
def test_p5_30_whatever_a_user_id_is_it_is_no_error(user_id: Any, session: str | None) -> None:
    asked = parsed(ANTHROPIC, metadata={"user_id": user_id})
    assert asked.session.conversation_id == session
    assert "device_id" not in json.dumps(sent(ANTHROPIC, metadata={"user_id": user_id}))


def test_p5_31_instructions_in_the_conversation_keep_their_place() -> None:
    later = {"role": "system", "content": "from now on"}
    made = items(
        ANTHROPIC, messages=[*user({"type": "text", "text": "u"}), later, *user({"type": "text", "text": "v"})]
    )
    assert [item["role"] for item in made] == ["user", "developer", "user"]


@pytest.mark.parametrize(
    ("tokens", "effort"), [(512, "minimal"), (1024, "low"), (8192, "medium"), (24_576, "high"), (31_999, "xhigh")]
)
def test_p5_32_budgets_mean_efforts_by_one_table(tokens: int, effort: str) -> None:
    assert parsed(ANTHROPIC, thinking={"type": "enabled", "budget_tokens": tokens}).reasoning.budget_tokens == tokens
    assert parsed(ANTHROPIC, thinking={"type": "enabled", "budget_tokens": tokens}).reasoning.effort == effort
