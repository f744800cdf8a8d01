from typing import Any

import pytest

from codex_proxy.canonical.blocks import Hosted
from codex_proxy.protocols.anthropic.request.hosted_history import HostedHistory, is_hosted

CALL = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "weather"}}
PAGES = [
    {"type": "web_search_result", "title": "A", "url": "https://a.example", "encrypted_content": "Eo8B"},
    {"type": "web_search_result", "url": "https://b.example", "encrypted_content": "Eo9C"},
]
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": PAGES}


def said(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def read(*messages: Any, text_follows: bool = False) -> list[Hosted]:
    """Every hosted block of these messages."""
    history = HostedHistory(list(messages))
    blocks = [block for message in messages for block in message["content"]]
    made = [history.read(block, text_follows=text_follows) for block in blocks]
    return [hosted for hosted in made if hosted is not None]


def test_a_search_and_its_result_are_one_item_that_holds_them_whole() -> None:
    (search,) = read(said(CALL, FOUND))
    assert (search.kind, search.item_id, search.origin) == ("web_search_call", "srvtoolu_1", None)
    assert search.item["status"] == "completed"
    action = search.item["action"]
    assert (action["query"], [page | {"type": "web_search_result"} for page in action["sources"]]) == ("weather", PAGES)


def test_a_result_that_came_with_the_next_message_still_belongs_to_its_call() -> None:
    assert read(said(CALL), said(FOUND)) == read(said(CALL, FOUND))


def test_a_search_that_was_paused_before_its_result() -> None:
    (search,) = read(said(CALL))
    assert search.item["status"] == "in_progress"


def test_what_a_search_found_is_retold_where_no_words_follow() -> None:
    (silent,) = read(said(CALL, FOUND))
    assert silent.retold == "Searched: weather → A https://a.example, https://b.example"
    (told,) = read(said(CALL, FOUND), text_follows=True)
    assert told.retold == ""


def test_a_search_that_failed() -> None:
    (failed,) = read(said(CALL, {**FOUND, "content": {"error_code": "unavailable"}}))
    assert (failed.item["status"], failed.retold) == ("failed", "Searched: weather → nothing")


def test_a_result_without_its_call_is_kept_as_it_is() -> None:
    (lone,) = read(said(FOUND))
    assert (lone.kind, lone.item, lone.origin) == ("web_search_tool_result", FOUND, "anthropic")
    assert lone.retold.startswith("Searched:  → A")
    assert read(said(FOUND), text_follows=True)[0].retold == ""
    user = {"role": "user", "content": [FOUND]}  # not the place where results of the upstream stand
    assert [hosted.kind for hosted in read(said(CALL), user)] == ["web_search_call", "web_search_tool_result"]


def test_other_tools_are_kept_as_they_are_and_retold_if_they_can_be_read() -> None:
    ran = {"type": "bash_code_execution_result", "stdout": "42\n", "stderr": "", "return_code": 0}
    result = {"type": "bash_code_execution_tool_result", "tool_use_id": "x", "content": ran}
    use = {"type": "server_tool_use", "id": "x", "name": "bash_code_execution", "input": {"command": "x"}}
    assert read(said(use, result)) == [
        Hosted(kind="server_tool_use", item=use, item_id="x", origin="anthropic"),
        Hosted(kind=result["type"], item=result, origin="anthropic", retold="bash_code_execution: 42"),  # type: ignore[arg-type]
    ]
    page = {"type": "web_fetch_result", "url": "u", "content": {"type": "document", "source": {"data": "x"}}}
    assert read(said({"type": "web_fetch_tool_result", "content": page}))[0].retold == "web_fetch: u"
    long = {"type": "mcp_tool_result", "content": [{"type": "text", "text": "x" * 900}]}
    assert read(said(long))[0].retold == "mcp: " + "x" * 500
    assert read(said({"type": "tool_search_tool_result", "content": {"tool_references": []}}))[0].retold == ""


@pytest.mark.parametrize("odd", [{**CALL, "id": []}, {**CALL, "id": None}, {**FOUND, "tool_use_id": {}}])
def test_calls_and_results_without_a_proper_id_are_nobodys(odd: dict[str, Any]) -> None:
    (kept,) = read(said(odd))
    assert (kept.item, kept.origin) == (odd, "anthropic")


def test_messages_of_any_shape_hold_nothing() -> None:
    history = HostedHistory([7, {"role": "assistant"}, {"role": "assistant", "content": [7]}])
    assert history.read(FOUND, text_follows=False) is not None


@pytest.mark.parametrize("kind", ["server_tool_use", "mcp_tool_use", "code_execution_tool_result"])
def test_hosted_kinds(kind: str) -> None:
    assert is_hosted(kind)
    assert not is_hosted("tool_use")
    assert not is_hosted("tool_result")
