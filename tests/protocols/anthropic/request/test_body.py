import json
from typing import Any

import msgspec
import pytest

from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import Dialect, Reasoning, Role, Sampling, SchemaOutput, Turn
from codex_proxy.protocols.anthropic.request.body import THREAD_CODE, native_members
from codex_proxy.protocols.anthropic.schema import AnthropicRequest, Display
from codex_proxy.protocols.base import InvalidRequest
from tests.protocols.anthropic.wire import SEARCH, parsed, request

SESSION = "b4085e40-a591-497b-926a-001fc57d48e1"
CLOSED = {"type": "object", "properties": {"a": {}}, "required": ["a"], "additionalProperties": False}


def refused(**members: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parsed(**members)
    return caught.value


def test_the_smallest_request() -> None:
    made = request()
    assert (made.dialect, made.model, made.stream) == (Dialect.ANTHROPIC, "claude-x", False)
    assert made.turns == (Turn(role=Role.USER, blocks=(Text(text="hi"),)),)
    assert made.sampling == Sampling(max_tokens=10)
    assert made.reasoning == Reasoning(visible=False)
    assert parsed().notes == ()


def test_system_blocks_in_order_without_the_volatile_one() -> None:
    blocks = [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.330.7ca;"},
        {"type": "text", "text": "You are X.", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "Be kind."},
    ]
    made = parsed(system=blocks)
    assert made.request.instructions == "You are X.\n\nBe kind."
    assert [(note.path, note.weight) for note in made.notes] == [("system", Weight.COSMETIC)]
    assert request(system="plain").instructions == "plain"
    assert request(system=[]).instructions is None


def test_sampling_and_stops() -> None:
    made = request(temperature=0.5, top_p=0.9, top_k=40, stop_sequences=["END", ""], stream=True)
    assert made.sampling == Sampling(temperature=0.5, top_p=0.9, top_k=40, max_tokens=10, stop=("END",))
    assert made.stream
    assert refused(stop_sequences=[7]).path == "stop_sequences"


@pytest.mark.parametrize(
    ("members", "effort", "display"),
    [
        ({}, None, Display.HIDDEN),
        ({"thinking": {"type": "disabled"}}, "none", Display.HIDDEN),
        ({"thinking": {"type": "adaptive"}}, None, Display.SHOWN),
        ({"thinking": {"type": "between_tools"}}, None, Display.SHOWN),
        ({"thinking": {"type": "adaptive", "display": "omitted"}}, None, Display.OMITTED),
        ({"thinking": {"type": "adaptive", "display": "updates"}}, None, Display.SHOWN),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "low", Display.SHOWN),
        ({"thinking": {"type": "enabled", "budget_tokens": 8192}}, "medium", Display.SHOWN),
        ({"thinking": {"type": "enabled", "budget_tokens": 24576}}, "high", Display.SHOWN),
        ({"thinking": {"type": "enabled", "budget_tokens": 31999}}, "xhigh", Display.SHOWN),
        ({"output_config": {"effort": "max"}}, "max", Display.HIDDEN),
        (
            {"output_config": {"effort": "low"}, "thinking": {"type": "enabled", "budget_tokens": 31999}},
            "low",
            Display.SHOWN,
        ),
    ],
)
def test_efforts_budgets_and_what_is_shown(members: dict[str, Any], effort: str | None, display: Display) -> None:
    made = request(**members)
    assert (made.reasoning.effort, made.display) == (effort, display)
    assert made.reasoning.visible is (display is Display.SHOWN)


def test_an_effort_nobody_knows_is_noted_not_refused() -> None:
    made = parsed(output_config={"effort": "turbo"})
    assert made.request.reasoning.effort is None
    assert [(note.path, note.weight) for note in made.notes] == [("output_config.effort", Weight.COSMETIC)]


def test_the_effort_of_a_message_wins_over_the_requests() -> None:
    messages = [
        {"role": "user", "content": "x"},
        {"role": "system", "content": "y", "output_config": {"effort": "high"}},
    ]
    assert request(messages=messages, output_config={"effort": "low"}).reasoning.effort == "high"


@pytest.mark.parametrize("name", ["output_config", "output_format"])
def test_structured_output_in_both_spellings(name: str) -> None:
    wanted = {"type": "json_schema", "schema": CLOSED}
    made = request(**{name: {"format": wanted} if name == "output_config" else wanted})
    assert made.output == SchemaOutput(name="output", schema=CLOSED)


def test_a_format_without_its_schema_is_refused() -> None:
    assert refused(output_config={"format": {"type": "json_schema"}}).path == "output_config.format.schema"


def test_parallel_calls_can_be_forbidden_in_two_places() -> None:
    tools = [{"name": "f"}]
    assert request(tools=tools).parallel_tool_calls is None
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    assert request(tools=tools, tool_choice=choice).parallel_tool_calls is False
    assert request(tools=tools, disable_parallel_tool_use=True).parallel_tool_calls is False


def test_a_search_asks_for_its_sources() -> None:
    made = request(tools=[SEARCH])
    assert made.searches
    assert made.include == ("web_search_call.action.sources",)
    assert request().include == ()


@pytest.mark.parametrize(
    ("members", "tier"),
    [
        ({"service_tier": "auto"}, None),
        ({"service_tier": "standard_only"}, None),
        ({"service_tier": "priority"}, "priority"),
        ({"speed": "fast"}, "fast"),
        ({"speed": "fast", "service_tier": "auto"}, "fast"),
    ],
)
def test_tiers(members: dict[str, Any], tier: str | None) -> None:
    assert request(**members).service_tier == tier


@pytest.mark.parametrize(
    ("user_id", "session"),
    [
        (json.dumps({"device_id": "d", "account_uuid": "", "session_id": SESSION}), SESSION),
        (f"user_abc_account_def_session_{SESSION}", SESSION),
        ({"session_id": SESSION}, SESSION),
        ("somebody", None),
        ("{broken", None),
        (7, None),
    ],
)
def test_the_session_in_whatever_a_client_calls_its_user(user_id: Any, session: str | None) -> None:
    made = request(metadata={"user_id": user_id})
    assert made.session.conversation_id == session
    assert made.session.user == (user_id if session is None and isinstance(user_id, str) else None)
    assert made.metadata == {}


def test_a_header_names_the_session_first() -> None:
    made = parsed({"x-claude-code-session-id": "s1"}, metadata={"user_id": f"user_a_session_{SESSION}"}).request
    assert made.session.conversation_id == "s1"
    assert request(metadata="x").session.conversation_id is None


def test_unknown_and_meaningless_fields_are_kept_for_the_familys_vendors() -> None:
    made = request(
        context_management={"edits": []}, container="c", cache_control={"type": "ephemeral"}, inference_geo=None
    )
    assert made.extra == {"context_management": {"edits": []}, "container": "c"}


def test_a_server_side_thread_is_refused_so_that_the_sdk_sends_everything() -> None:
    error = refused(thread={"type": "continue", "previous_message_id": "msg_1"})
    assert (error.path, error.code) == ("thread", THREAD_CODE)
    assert request(thread=None).turns


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"messages": []}, "messages"),
        ({"messages": None}, "messages"),
        ({"mcp_servers": [{"url": "x"}]}, "mcp_servers"),
        ({"tools": {}}, "tools"),
        ({"tools": [{"type": "computer_toolset_20260801"}]}, "tools[0].type"),
        ({"thinking": "yes"}, "thinking"),
        ({"max_tokens": "many"}, "max_tokens"),
    ],
)
def test_what_is_refused_is_named(members: dict[str, Any], path: str) -> None:
    assert refused(**members).path == path


def test_a_missing_limit_and_an_empty_list_of_servers_are_no_matter() -> None:
    assert request(max_tokens=None, mcp_servers=[]).sampling.max_tokens is None


def test_the_clients_own_body_is_kept_as_long_as_it_is_what_was_parsed() -> None:
    made = parsed({"anthropic-version": "2026-10-21", "anthropic-beta": "b1,b2"}, system="s").request
    assert isinstance(made, AnthropicRequest)
    assert made.native is not None
    assert made.native.members["system"] == "s"
    assert (made.native.version, made.native.betas) == ("2026-10-21", "b1,b2")
    assert native_members(made) is made.native.members
    changed = msgspec.structs.replace(made, turns=(*made.turns, Turn(role=Role.USER, blocks=(Text(text="x"),))))
    assert native_members(changed) is None
