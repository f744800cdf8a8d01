"""What an answer depends on."""

from typing import Any

from codex_proxy.simulator.unscripted.facts import Facts, read_facts


def facts(*items: dict[str, Any], **members: Any) -> Facts:
    return read_facts({"model": "m", "input": list(items)} | members, account_id="a", request_number=1)


USER = {"role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "input_image", "image_url": "u"}]}
OUTPUT = {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "seen"}]}


def test_the_last_user_message_and_what_follows_it() -> None:
    read = facts({"role": "user", "content": "old"}, OUTPUT, USER, OUTPUT, OUTPUT)
    assert (read.last_user_text, read.tool_outputs, read.tool_output) == ("a", ("seen", "seen"), "seen\nseen")
    assert len(read.images) == 1


def test_tools_come_from_body_items_and_groups() -> None:
    group = {"type": "namespace", "name": "files", "tools": [{"type": "function", "name": "b"}]}
    read = facts({"type": "additional_tools", "tools": [group]}, tools=[{"type": "function", "name": "a"}])
    assert [(tool["name"], tool.get("namespace")) for tool in read.tools] == [("a", None), ("b", "files")]


def test_a_request_for_compaction_is_seen() -> None:
    assert facts(USER, {"type": "compaction_trigger"}).wants_compaction
    assert not facts(USER).wants_compaction
    assert not facts().wants_compaction


def test_the_seed_depends_on_what_was_asked() -> None:
    assert facts(USER).seed == facts(USER).seed
    assert facts(USER).seed != facts(USER, OUTPUT).seed


def test_tools_that_a_plan_lacks_are_taken_away_silently() -> None:
    body = {"model": "m", "input": [USER], "tools": [{"type": "image_generation"}, {"type": "web_search"}]}
    kinds = {
        plan: [tool["type"] for tool in read_facts(body, account_id="a", request_number=1, plan=plan).tools]
        for plan in (None, "plus", "free")
    }
    both = ["image_generation", "web_search"]
    assert kinds == {None: both, "plus": both, "free": ["web_search"]}
