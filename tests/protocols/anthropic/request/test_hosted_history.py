import pytest

from codex_proxy.protocols.anthropic.request.hosted_history import HostedHistory, is_hosted

CALL = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "weather"}}
FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "s1",
    "content": [{"type": "web_search_result", "title": "A", "url": "https://a.example"}, {"url": "https://b.example"}],
}


def test_what_a_search_found_is_retold_where_no_words_follow() -> None:
    history = HostedHistory()
    assert history.add(CALL) is None
    assert history.add(FOUND) is None
    assert history.rest() == "Searched: weather → A https://a.example, https://b.example"


def test_words_that_follow_tell_it_themselves() -> None:
    history = HostedHistory()
    history.add(CALL)
    history.add(FOUND)
    history.text_follows()
    assert history.rest() is None


def test_a_search_that_failed() -> None:
    history = HostedHistory()
    history.add({"type": "web_search_tool_result", "content": {"error_code": "unavailable"}})
    assert history.rest() == "Searched:  → nothing"


def test_results_of_other_tools_are_told_at_once_if_they_can_be_read() -> None:
    history = HostedHistory()
    ran = {"type": "bash_code_execution_result", "stdout": "42\n", "stderr": "", "return_code": 0}
    told = history.add({"type": "bash_code_execution_tool_result", "tool_use_id": "x", "content": ran})
    assert told == "bash_code_execution: 42"
    page = {"type": "web_fetch_result", "url": "u", "content": {"type": "document", "source": {"data": "x"}}}
    assert history.add({"type": "web_fetch_tool_result", "content": page}) == "web_fetch: u"
    long = history.add({"type": "mcp_tool_result", "content": [{"type": "text", "text": "x" * 900}]})
    assert long == "mcp: " + "x" * 500
    assert history.add({"type": "tool_search_tool_result", "content": {"tool_references": []}}) is None


@pytest.mark.parametrize("kind", ["server_tool_use", "mcp_tool_use", "code_execution_tool_result"])
def test_hosted_kinds(kind: str) -> None:
    assert is_hosted(kind)
    assert not is_hosted("tool_use")
    assert not is_hosted("tool_result")
