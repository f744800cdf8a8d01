"""Requests as vendors take them, each written by the codec of the vendor's profile for a model of its own."""

import json
from typing import Any

import pytest

from codex_proxy.bootstrap.vendors.codecs import codec_of
from codex_proxy.bootstrap.vendors.profiles import packaged_profiles
from codex_proxy.canonical.blocks import Text, Thinking, ToolCall, ToolResult
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import (
    Dialect,
    JsonOutput,
    Reasoning,
    Request,
    Role,
    Sampling,
    SchemaOutput,
    Turn,
)
from codex_proxy.canonical.tools import ChoiceMode, ChooseMode, ChooseTool, FunctionTool, HostedTool
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.vendors.profile import Wire
from tests.protocols.codex.parts import target

PROFILES = packaged_profiles()
LS = FunctionTool(name="ls", parameters={"type": "object", "properties": {}}, strict=True)
HI = Turn(role=Role.USER, blocks=(Text(text="hi"),))
DRAWN = Sampling(temperature=0.5, top_p=0.9)
REQUIRED = ChooseMode(mode=ChoiceMode.REQUIRED)
GONE = object()


def asks(*turns: Turn, effort: str | None = None, budget: int | None = None, **members: Any) -> Request:
    reasoning = Reasoning(effort=effort, budget_tokens=budget)
    told: dict[str, Any] = {"dialect": Dialect.ANTHROPIC, "model": "m", "turns": turns or (HI,), "reasoning": reasoning}
    return Request(**(told | members))


def call_of(vendor: str, model: str, request: Request, wire: Wire | None = None) -> UpstreamCall:
    profile = PROFILES[vendor]
    facts = profile.facts_of(model)
    return codec_of(profile, wire or profile.default_wire.wire).build_call(request, target(model=facts))


def body_of(vendor: str, model: str, request: Request, wire: Wire | None = None) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(call_of(vendor, model, request, wire).body)
    return body


THINKING = [
    ("openai", "gpt-5.5", "max", {"reasoning_effort": "xhigh"}),
    ("openai", "gpt-5", "none", {"reasoning_effort": "minimal"}),
    ("openai", "gpt-4o", "high", {"reasoning_effort": GONE}),
    ("openrouter", "openai/gpt-5.5", "high", {"reasoning": {"effort": "high"}}),
    ("openrouter", "anything", "none", {"reasoning": {"enabled": False}}),
    ("deepseek", "deepseek-v4-pro", "low", {"thinking": {"type": "enabled"}, "reasoning_effort": "low"}),
    ("deepseek", "deepseek-v4-pro", "none", {"thinking": {"type": "disabled"}, "reasoning_effort": GONE}),
    ("deepseek", "deepseek-reasoner", "high", {"thinking": GONE, "reasoning_effort": GONE}),
    ("groq", "openai/gpt-oss-120b", "xhigh", {"reasoning_effort": "high", "reasoning_format": GONE}),
    ("groq", "qwen/qwen3-32b", "high", {"reasoning_effort": "default", "reasoning_format": "parsed"}),
    ("groq", "qwen/qwen3-32b", "none", {"reasoning_effort": "none"}),
    ("groq", "llama-3.3-70b-versatile", "high", {"reasoning_effort": GONE}),
    ("mistral", "mistral-medium-3.5", "low", {"reasoning_effort": "high"}),
    ("mistral", "mistral-medium-3.5", "none", {"reasoning_effort": "none"}),
    ("mistral", "mistral-medium-3.5", "xhigh", {"reasoning_effort": "high"}),
    ("mistral", "magistral-medium-latest", "high", {"reasoning_effort": GONE, "prompt_mode": "reasoning"}),
    ("xai", "grok-4.3", "minimal", {"reasoning_effort": "none"}),
    ("xai", "grok-4.7", "none", {"reasoning_effort": "low"}),
    ("xai", "grok-code-fast-1", "high", {"reasoning_effort": GONE}),
    ("moonshot", "kimi-k2.6", "none", {"thinking": {"type": "disabled"}}),
    ("moonshot", "kimi-k2.6", "high", {"thinking": {"type": "enabled"}, "reasoning_effort": GONE}),
    ("moonshot", "kimi-k2-thinking", "high", {"thinking": GONE}),
    ("zai", "glm-5.2", "xhigh", {"thinking": {"type": "enabled"}, "reasoning_effort": "xhigh"}),
    ("zai", "glm-4.7", "none", {"thinking": {"type": "disabled"}}),
    ("together", "zai-org/GLM-4.7", "none", {"reasoning": {"enabled": False}}),
    ("together", "openai/gpt-oss-120b", "low", {"reasoning_effort": "low"}),
    ("perplexity", "sonar-deep-research", "xhigh", {"reasoning_effort": "high"}),
    ("perplexity", "sonar", "high", {"reasoning_effort": GONE}),
    ("ollama", "gpt-oss:20b", "max", {"reasoning_effort": "high"}),
    ("vllm", "Qwen/Qwen3-8B", "none", {"chat_template_kwargs": {"enable_thinking": False}}),
    ("llamacpp", "any", "high", {"chat_template_kwargs": {"enable_thinking": True}}),
]


@pytest.mark.parametrize(("vendor", "model", "effort", "said"), THINKING)
def test_how_each_vendor_is_told_to_think(vendor: str, model: str, effort: str, said: dict[str, Any]) -> None:
    body = body_of(vendor, model, asks(effort=effort, stream=True))
    assert {name: body.get(name, GONE) for name in said} == said


@pytest.mark.parametrize(
    ("vendor", "model", "effort", "budget", "said"),
    [
        ("openrouter", "anthropic/claude-sonnet-4.6", "high", 9000, {"reasoning": {"max_tokens": 9000}}),
        ("qwen", "qwen-plus", "high", 9000, {"enable_thinking": True, "thinking_budget": 9000}),
        ("qwen", "qwen-plus", "none", 0, {"enable_thinking": False, "thinking_budget": GONE}),
    ],
)
def test_budgets_go_where_they_are_taken(
    vendor: str, model: str, effort: str, budget: int, said: dict[str, Any]
) -> None:
    body = body_of(vendor, model, asks(effort=effort, budget=budget, stream=True))
    assert {name: body.get(name, GONE) for name in said} == said


def test_an_open_model_of_qwens_thinks_only_while_it_streams() -> None:
    assert body_of("qwen", "qwen3-32b", asks())["enable_thinking"] is False
    assert "enable_thinking" not in body_of("qwen", "qwen3-32b", asks(stream=True))
    assert "enable_thinking" not in body_of("qwen", "qwen3-max", asks())


@pytest.mark.parametrize(
    ("vendor", "model", "effort", "kept"),
    [
        ("openai", "gpt-5", None, False),
        ("openai", "gpt-5.5", "none", True),
        ("openai", "gpt-4o", "high", True),
        ("deepseek", "deepseek-v4-flash", None, False),
        ("deepseek", "deepseek-v4-flash", "none", True),
        ("deepseek", "deepseek-chat", None, True),
        ("moonshot", "kimi-k2.5", "none", False),
        ("moonshot", "kimi-k2-0905-preview", None, True),
        ("groq", "openai/gpt-oss-120b", "high", True),
    ],
)
def test_values_of_drawing_are_dropped_where_thinking_forbids_them(
    vendor: str, model: str, effort: str | None, kept: bool
) -> None:
    call = call_of(vendor, model, asks(effort=effort, sampling=DRAWN))
    said = json.loads(call.body)
    assert ("temperature" in said, "top_p" in said) == (kept, kept)
    assert {note.weight for note in call.notes} <= {Weight.COSMETIC}
    assert {"temperature", "top_p"} <= {note.path for note in call.notes} or kept


@pytest.mark.parametrize(
    ("model", "effort", "limit", "said"),
    [
        ("claude-haiku-4-5", "high", 8192, {"thinking": {"type": "enabled", "budget_tokens": 24_576}}),
        ("claude-haiku-4-5", "none", 8192, {"thinking": {"type": "disabled"}, "max_tokens": 8192}),
        ("claude-haiku-4-5", "max", None, {"thinking": {"type": "enabled", "budget_tokens": 32_768}}),
        (
            "claude-opus-4-1",
            "max",
            None,
            {"thinking": {"type": "enabled", "budget_tokens": 31_999}, "max_tokens": 32_000},
        ),
        ("claude-opus-4-5", "max", None, {"output_config": {"effort": "high"}}),
        ("claude-opus-4-8", "xhigh", 8192, {"output_config": {"effort": "xhigh"}, "max_tokens": 8192}),
        ("claude-opus-4-8", "none", None, {"thinking": GONE, "output_config": GONE, "max_tokens": 128_000}),
        ("claude-sonnet-4-6", "xhigh", None, {"output_config": {"effort": "high"}, "max_tokens": 64_000}),
        ("claude-sonnet-5-5", "none", None, {"thinking": {"type": "between_tools"}, "max_tokens": 32_000}),
        ("claude-opus-5-5", "none", None, {"output_config": {"effort": "low"}}),
        ("claude-3-5-haiku-latest", "high", None, {"thinking": GONE, "output_config": GONE, "max_tokens": 8192}),
    ],
)
def test_generations_of_claude(model: str, effort: str, limit: int | None, said: dict[str, Any]) -> None:
    body = body_of(
        "anthropic", model, asks(dialect=Dialect.OPENAI_CHAT, effort=effort, sampling=Sampling(max_tokens=limit))
    )
    assert {name: body.get(name, GONE) for name in said} == said
    thinking = body.get("thinking", {})
    assert thinking.get("budget_tokens", 0) < body["max_tokens"]


@pytest.mark.parametrize(
    ("model", "effort", "said"),
    [
        ("gemini-2.5-pro", "none", {"thinkingBudget": 512, "includeThoughts": True}),
        ("gemini-2.5-pro", "max", {"thinkingBudget": 32_768, "includeThoughts": True}),
        ("gemini-2.5-flash", "none", {"thinkingBudget": 0}),
        ("gemini-2.5-flash", "max", {"thinkingBudget": 24_576, "includeThoughts": True}),
        ("gemini-3.1-pro-preview", "none", {"thinkingLevel": "LOW", "includeThoughts": True}),
        ("gemini-3-flash-preview", "minimal", {"thinkingLevel": "MINIMAL", "includeThoughts": True}),
        ("gemini-2.0-flash", "high", GONE),
    ],
)
def test_generations_of_gemini(model: str, effort: str, said: Any) -> None:
    config = body_of("gemini", model, asks(dialect=Dialect.OPENAI_CHAT, effort=effort)).get("generationConfig", {})
    assert config.get("thinkingConfig", GONE) == said


def told(*blocks: Any, role: Role = Role.ASSISTANT) -> Turn:
    return Turn(role=role, blocks=blocks)


CALL = ToolCall(call_id="call_0123456789", name="ls", arguments="{}")
RESULT = told(ToolResult(call_id="call_0123456789", parts=(Text(text="r"),)), role=Role.USER)
TALK = (HI, told(Thinking(summary=("why",)), CALL), RESULT)


@pytest.mark.parametrize(
    ("vendor", "model", "field"),
    [
        ("deepseek", "deepseek-v4-pro", "reasoning_content"),
        ("moonshot", "kimi-k2.6", "reasoning_content"),
        ("moonshot", "kimi-k2-thinking", "reasoning_content"),
        ("zai", "glm-4.7", "reasoning_content"),
        ("qwen", "qwen-plus", "reasoning_content"),
        ("groq", "openai/gpt-oss-120b", "reasoning"),
        ("openai", "gpt-5", None),
        ("mistral", "mistral-large-latest", None),
    ],
)
def test_thoughts_of_a_turn_with_calls_go_back_to_who_wants_them(vendor: str, model: str, field: str | None) -> None:
    answer = body_of(vendor, model, asks(*TALK, tools=(LS,)))["messages"][1]
    assert {name for name in ("reasoning_content", "reasoning") if answer.get(name) == "why"} == ({field} - {None})
    assert answer["tool_calls"][0]["function"]["name"] == "ls"


def test_calls_without_a_thought_are_not_held_against_the_client() -> None:
    talk = (HI, told(CALL), RESULT)
    deepseek = body_of("deepseek", "deepseek-v4-pro", asks(*talk, tools=(LS,)))["messages"][1]
    assert deepseek["reasoning_content"] == ""
    kimi = body_of("moonshot", "kimi-k2.6", asks(*talk, tools=(LS,)))["messages"][1]
    assert kimi["reasoning_content"] == " "
    off = body_of("deepseek", "deepseek-v4-pro", asks(*talk, tools=(LS,), effort="none"))["messages"][1]
    assert "reasoning_content" not in off


def test_a_vendors_tokens_of_thoughts_go_back_to_it() -> None:
    thought = Thinking(summary=("why",), signature="signed:anthropic-claude-v1:SIG", origin="openai_chat")
    answer = body_of("openrouter", "anthropic/claude-sonnet-4.6", asks(HI, told(thought, CALL), RESULT))["messages"][1]
    assert answer["reasoning_details"] == [
        {"type": "reasoning.text", "text": "why", "signature": "SIG", "format": "anthropic-claude-v1"}
    ]


@pytest.mark.parametrize(
    ("vendor", "model", "effort", "said"),
    [
        ("openai", "gpt-5", "high", "required"),
        ("zai", "glm-4.7", None, "auto"),
        ("ollama", "llama3.3", None, "auto"),
        ("moonshot", "kimi-k2.6", None, "auto"),
        ("moonshot", "kimi-k2.6", "none", "required"),
        ("deepseek", "deepseek-v4-pro", "none", "required"),
        ("deepseek", "deepseek-v4-pro", None, "auto"),
        ("qwen", "qwen-plus", None, "auto"),
    ],
)
def test_who_can_be_made_to_call_a_tool(vendor: str, model: str, effort: str | None, said: str) -> None:
    call = call_of(vendor, model, asks(tools=(LS,), tool_choice=REQUIRED, effort=effort))
    assert json.loads(call.body)["tool_choice"] == said
    assert ("tool_choice" in {note.path for note in call.notes}) == (said == "auto")


def test_a_named_tool_is_the_only_one_where_it_cannot_be_named() -> None:
    other = FunctionTool(name="other", parameters={"type": "object", "properties": {}})
    body = body_of("lmstudio", "any", asks(tools=(LS, other), tool_choice=ChooseTool(name="ls")))
    assert (body["tool_choice"], [tool["function"]["name"] for tool in body["tools"]]) == ("required", ["ls"])


def test_mistral_has_rules_of_its_own() -> None:
    talk = (HI, told(CALL), RESULT, told(Text(text="and?"), role=Role.USER))
    sampling = Sampling(seed=7, top_k=3, max_tokens=9)
    call = call_of("mistral", "mistral-large-latest", asks(*talk, tools=(LS,), sampling=sampling, stream=True))
    body = json.loads(call.body)
    sent = body["messages"][1]["tool_calls"][0]["id"]
    assert (len(sent), sent.isalnum(), body["messages"][2]["tool_call_id"]) == (9, True, sent)
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "tool", "assistant", "user"]
    assert (body["random_seed"], body["max_tokens"]) == (7, 9)
    assert not {"seed", "top_k", "stream_options"} & body.keys()


def test_perplexity_calls_no_tools_and_wants_turns() -> None:
    talk = (HI, HI, told(CALL), RESULT)
    call = call_of("perplexity", "sonar", asks(*talk, tools=(LS, HostedTool(kind="web_search")), output=JsonOutput()))
    body = json.loads(call.body)
    assert [message["role"] for message in body["messages"]] == ["system", "user", "assistant", "user"]
    assert not {"tools", "response_format"} & body.keys()
    assert body["web_search_options"] == {}
    assert "called ls" in body["messages"][2]["content"]


SCHEMA = SchemaOutput(name="city", schema={"type": "object", "properties": {"a": {"type": "string"}}})


@pytest.mark.parametrize(
    ("vendor", "model", "form", "in_words"),
    [
        ("openai", "gpt-5", "json_schema", False),
        ("mistral", "mistral-large-latest", "json_schema", False),
        ("groq", "openai/gpt-oss-120b", "json_schema", False),
        ("groq", "llama-3.3-70b-versatile", "json_object", True),
        ("deepseek", "deepseek-v4-pro", "json_object", True),
        ("zai", "glm-4.7", "json_object", True),
        ("perplexity", "sonar", "json_schema", False),
    ],
)
def test_a_schema_in_the_form_each_takes(vendor: str, model: str, form: str, in_words: bool) -> None:
    body = body_of(vendor, model, asks(output=SCHEMA))
    assert body["response_format"]["type"] == form
    assert ("JSON Schema" in json.dumps(body["messages"])) is in_words


def test_a_thinking_qwen_is_asked_for_its_form_in_words_alone() -> None:
    thinking = body_of("qwen", "qwen-plus", asks(output=SCHEMA, effort="high", stream=True))
    assert "response_format" not in thinking
    assert "JSON Schema" in json.dumps(thinking["messages"])
    assert body_of("qwen", "qwen-plus", asks(output=SCHEMA))["response_format"] == {"type": "json_object"}


def test_claude_behind_openrouter_has_its_prompt_cached() -> None:
    request = asks(instructions="be brief")
    marked = body_of("openrouter", "anthropic/claude-sonnet-4.6", request)["messages"]
    assert [message["content"][-1]["cache_control"] for message in marked] == [{"type": "ephemeral"}] * 2
    assert "cache_control" not in json.dumps(body_of("openrouter", "openai/gpt-5.5", request))


def test_headers_that_go_along() -> None:
    assert ("x-title", "Codex Proxy") in call_of("openrouter", "any", asks()).headers
    assert ("api-key", "secret") in call_of("azure", "my-gpt", asks()).headers
    assert ("authorization", "Bearer secret") in call_of("openrouter", "any", asks(), Wire.ANTHROPIC).headers


def test_a_remote_codex_proxy_is_asked_as_the_backend_is() -> None:
    late = Turn(role=Role.SYSTEM, blocks=(Text(text="s"),))
    call = call_of("custom", "gpt-5.5", asks(HI, late, sampling=DRAWN, effort="high"), Wire.CODEX_RESPONSES)
    body = json.loads(call.body)
    assert (call.path, dict(call.headers)["authorization"]) == ("/responses", "Bearer secret")
    assert (body["stream"], body["store"], body["instructions"]) == (True, False, "")
    assert body["include"] == ["reasoning.encrypted_content"]
    assert [item["role"] for item in body["input"]] == ["user", "developer"]
    assert not {"temperature", "top_p", "max_output_tokens"} & body.keys()
