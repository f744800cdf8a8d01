from typing import Any

from codex_proxy.canonical.blocks import Annotation
from codex_proxy.protocols.anthropic import hosted

ITEM: dict[str, Any] = {
    "type": "web_search_call",
    "id": "ws_1",
    "status": "completed",
    "action": {"type": "search", "query": "q", "sources": [{"type": "url", "url": "https://a.example"}, {"url": 7}]},
}


def test_a_search_is_a_call_and_its_results() -> None:
    assert hosted.search_call_block(ITEM) == {
        "type": "server_tool_use",
        "id": "srvtoolu_1",
        "name": "web_search",
        "input": {"query": "q"},
    }
    result = hosted.search_result_block(ITEM, ())
    assert result["tool_use_id"] == "srvtoolu_1"
    assert result["content"] == [
        {
            "type": "web_search_result",
            "url": "https://a.example",
            "title": "https://a.example",
            "encrypted_content": "",
            "page_age": None,
        }
    ]


def test_citations_stand_in_for_sources() -> None:
    item = {**ITEM, "action": {"type": "search", "query": "q"}}
    assert hosted.awaits_sources(item)
    assert not hosted.awaits_sources(ITEM)
    cited = [Annotation(kind="url_citation", url=url, title="T") for url in ("u", "u", "v")]
    content = hosted.search_result_block(item, cited)["content"]
    assert [(result["url"], result["title"]) for result in content] == [("u", "T"), ("v", "T")]


def test_a_search_that_failed_or_still_runs() -> None:
    failed = {**ITEM, "status": "failed", "error_code": "max_uses_exceeded"}
    assert hosted.search_result_block(failed, ())["content"] == {
        "type": "web_search_tool_result_error",
        "error_code": "max_uses_exceeded",
    }
    assert hosted.has_result(failed)
    assert not hosted.has_result({**ITEM, "status": "in_progress"})


def test_opening_a_page_is_no_search() -> None:
    assert hosted.is_search("web_search_call", ITEM)
    assert hosted.is_search("web_search_call", {})
    assert not hosted.is_search("web_search_call", {"action": {"type": "open_page", "url": "u"}})
    assert not hosted.is_search("file_search_call", ITEM)


def test_there_and_back_again() -> None:
    source = {
        "type": "web_search_result",
        "url": "u",
        "title": "T",
        "encrypted_content": "Eo8B",
        "page_age": "1 day",
    }
    call = {"type": "server_tool_use", "id": "srvtoolu_9", "name": "web_search", "input": {"query": "q"}}
    result = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_9", "content": [source]}
    item = hosted.search_item(call, result)
    assert item["status"] == "completed"
    assert hosted.search_call_block(item) == call
    assert hosted.search_result_block(item, ()) == result
    error = {**result, "content": {"type": "web_search_tool_result_error", "error_code": "unavailable"}}
    assert hosted.search_result_block(hosted.search_item(call, error), ()) == error
    assert hosted.search_item(call, None)["status"] == "in_progress"


def test_who_made_a_call_is_told_both_ways() -> None:
    caller = {"type": "code_execution_20260120", "tool_id": "srvtoolu_8"}
    call = {"type": "server_tool_use", "id": "srvtoolu_9", "name": "web_search", "input": {"query": "q"}}
    result = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_9", "content": []}
    item = hosted.search_item(call | {"caller": caller}, result | {"caller": caller})
    assert hosted.search_call_block(item) == call | {"caller": caller}
    assert hosted.search_result_block(item, ()) == result | {"caller": caller}


def test_calls_of_a_search() -> None:
    assert hosted.is_search_call({"type": "server_tool_use", "name": "web_search"})
    assert not hosted.is_search_call({"type": "server_tool_use", "name": "web_fetch"})
    assert not hosted.is_search_call({"type": "tool_use", "name": "web_search"})


def test_a_search_of_the_family_has_its_id_and_its_seals() -> None:
    page = {"type": "url", "url": "u", "encrypted_content": "Eo8B"}
    own = {**ITEM, "id": "srvtoolu_1", "action": {"type": "search", "query": "q", "sources": [page]}}
    assert hosted.is_family_search("web_search_call", own)
    assert hosted.is_family_search("web_search_call", {"id": "srvtoolu_1", "status": "in_progress"})
    assert not hosted.is_family_search("web_search_call", own | {"id": "ws_1"})
    assert not hosted.is_family_search("web_search_call", {**ITEM, "id": "srvtoolu_1"})
    assert not hosted.is_family_search("file_search_call", own)


def test_blocks_of_the_family() -> None:
    for kind in ("server_tool_use", "mcp_tool_use", "code_execution_tool_result", "compaction"):
        assert hosted.is_native(kind)
    assert not hosted.is_native("web_search_call")
    assert not hosted.is_native("code_interpreter_call")


def test_a_picture_under_a_link() -> None:
    item = {"url": "http://127.0.0.1/images/1", "revised_prompt": "a [red]\ncat"}
    assert hosted.picture_text(item) == "![a (red) cat](http://127.0.0.1/images/1)"
    assert hosted.picture_text({"url": "u"}) == "![picture](u)"
    assert hosted.picture_text({"result": "aGk="}) is None
