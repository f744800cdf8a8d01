"""Where each feature shows in what an upstream was sent.

Rules of this file: data, written from the request references of the APIs and not from our codecs. A feature that is
not here shows wherever its mark does; an upstream that is not named below a feature has no words of its own for it.
"""

from typing import Any, Final

from scripts.fidelity.details import PLACES, UNKNOWN
from scripts.fidelity.fragments import ANTHROPIC as ANT
from scripts.fidelity.fragments import CHAT, CODEX, DOMAIN, GEMINI, NAME, OTHER, PDF, RESPONSES, RESULT, TOKEN
from scripts.fidelity.verdicts import ANYWHERE, MARK, PIXEL, Evidence, Trace, mark_in

Body = dict[str, Any]


def _in_text(*words: str) -> Evidence:
    return lambda _, text: all(word in text for word in words)


def _at(path: str, value: Any) -> Evidence:
    """Whether the member at the dotted path is ``value``, or one of several in a tuple."""
    wanted = value if isinstance(value, tuple) else (value,)

    def holds(body: Body, _: str) -> bool:
        found: Any = body
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found in wanted

    return holds


def _mark_at(path: str) -> Evidence:
    """Whether the mark is somewhere below the member."""
    return lambda body, _: any(MARK in str(found) for found in _below(body, path.split(".")))


def _below(value: Any, names: list[str]) -> list[Any]:
    if not names:
        return [value]
    if isinstance(value, list):
        return [found for one in value for found in _below(one, names)]
    return _below(value.get(names[0]), names[1:]) if isinstance(value, dict) else []


def _holding(path: str, word: str, **members: Any) -> Evidence:
    """Whether a list at the path has an object with these members that holds the word."""

    def holds(body: Body, _: str) -> bool:
        listed = [one for found in _below(body, path.split(".")) for one in (found if isinstance(found, list) else [])]
        return any(members.items() <= one.items() and word in str(one) for one in listed if isinstance(one, dict))

    return holds


def _without(word: str) -> Evidence:
    """Whether the word is not in it: what may not be used was not offered."""
    return lambda _, text: word not in text


def _native(evidence: Evidence, *upstreams: str, otherwise: Evidence | None = None) -> dict[str, Trace]:
    return {upstream: Trace(native=evidence, otherwise=otherwise) for upstream in upstreams}


def _only(otherwise: Evidence, *upstreams: str) -> dict[str, Trace]:
    return {upstream: Trace(native=_never, otherwise=otherwise) for upstream in upstreams}


def _never(_: Body, __: str) -> bool:
    return False


_OPENAI: Final = (CODEX, RESPONSES)
_TOLD: Final = frozenset({"system", "developer"})

TRACES: Final[dict[str, dict[str, Trace]]] = {
    "system message in mid-conversation, in its place": {
        CODEX: Trace(native=_holding("input", MARK, role="developer")),
        RESPONSES: Trace(native=lambda body, _: body["input"][1]["role"] in _TOLD and MARK in str(body["input"][1])),
        CHAT: Trace(native=lambda body, _: body["messages"][1]["role"] in _TOLD and MARK in str(body["messages"][1])),
        ANT: Trace(native=_holding("messages", MARK, role="system"), otherwise=mark_in),
        **_only(mark_in, GEMINI),
    },
    "speaker's name": {CHAT: Trace(native=_in_text('"name":"zq_name"')), **_only(_in_text("zq_name"), *_OPENAI)},
    "picture, inline": _native(_in_text(PIXEL), *_OPENAI, CHAT, ANT, GEMINI),
    "picture, detail": _native(_in_text('"detail":"low"'), *_OPENAI, CHAT),
    "PDF, inline": _native(_in_text(PDF), *_OPENAI, CHAT, ANT, GEMINI),
    "uploaded file, by id": _native(_in_text('"file-zq"'), *_OPENAI, CHAT, ANT),
    "sound, inline": {
        **_native(_in_text('"input_audio"'), *_OPENAI, CHAT),
        **_native(_in_text('"audio/wav"'), GEMINI),
    },
    "tool call in the history": _native(_in_text(f"{MARK}-argument"), *_OPENAI, CHAT, ANT, GEMINI),
    "tool result": _native(_in_text(f"{MARK}-result"), *_OPENAI, CHAT, ANT, GEMINI),
    "tool result with a picture": {
        **_native(_holding("input", PIXEL, type="function_call_output"), *_OPENAI, otherwise=_in_text(PIXEL)),
        **_native(_holding("messages", PIXEL, role="tool"), CHAT, otherwise=_in_text(PIXEL)),
        **_native(_holding("messages.content", PIXEL, type="tool_result"), ANT, otherwise=_in_text(PIXEL)),
        **_only(_in_text(PIXEL), GEMINI),
    },
    "tool result that is an error": {
        **_only(_in_text("rror", RESULT), CHAT),
        **_native(_in_text("rror", RESULT), *_OPENAI),
        **_native(_in_text('"is_error":true', RESULT), ANT),
        **_native(_in_text('"error"', RESULT), GEMINI),
    },
    "encrypted thoughts handed back": _native(_in_text(TOKEN), *_OPENAI, CHAT, ANT, GEMINI),
    "function tools, strict": _native(_in_text('"strict":true'), *_OPENAI, CHAT, ANT),
    "free-text tools": {
        **_native(_in_text('"custom"', MARK), *_OPENAI, CHAT),
        **_only(mark_in, ANT, GEMINI),
    },
    "web search": {
        **_native(_in_text('"web_search"'), *_OPENAI),
        CHAT: Trace(native=lambda body, _: "web_search_options" in body),
        ANT: Trace(native=_in_text('"web_search_20250305"')),
        GEMINI: Trace(native=_in_text('"googleSearch"')),
    },
    "web search, its domains": _native(_in_text("allowed_domains", DOMAIN), *_OPENAI, ANT),
    "code execution": {
        **_native(_in_text('"code_interpreter"'), *_OPENAI),
        ANT: Trace(native=_in_text('"code_execution')),
        GEMINI: Trace(native=_in_text('"codeExecution"')),
    },
    "remote MCP server": {
        **_native(_in_text('"mcp"', DOMAIN), *_OPENAI),
        ANT: Trace(native=_in_text('"mcp_servers"', DOMAIN)),
    },
    "picture generation": {
        **_native(_in_text('"image_generation"'), *_OPENAI, CHAT),
        GEMINI: Trace(native=_at("generationConfig.responseModalities", ["TEXT", "IMAGE"])),
    },
    "tool choice: none": {
        **_native(_at("tool_choice", "none"), *_OPENAI, CHAT),
        ANT: Trace(native=_at("tool_choice.type", "none")),
        GEMINI: Trace(native=_at("toolConfig.functionCallingConfig.mode", "NONE")),
    },
    "tool choice: some tool": {
        **_native(_at("tool_choice", "required"), *_OPENAI, CHAT),
        ANT: Trace(native=_at("tool_choice.type", "any")),
        GEMINI: Trace(native=_at("toolConfig.functionCallingConfig.mode", "ANY")),
    },
    "tool choice: this tool": {
        **_native(_at("tool_choice.name", NAME), *_OPENAI),
        CHAT: Trace(native=_at("tool_choice.function.name", NAME)),
        ANT: Trace(native=_at("tool_choice.name", NAME)),
        GEMINI: Trace(native=_at("toolConfig.functionCallingConfig.allowedFunctionNames", [NAME])),
    },
    "tool choice: some of these tools": {
        **_native(_at("tool_choice.type", "allowed_tools"), *_OPENAI, CHAT, otherwise=_without(OTHER)),
        **_only(_without(OTHER), ANT),
        GEMINI: Trace(
            native=_at("toolConfig.functionCallingConfig.allowedFunctionNames", [NAME]), otherwise=_without(OTHER)
        ),
    },
    "no parallel tool calls": {
        **_native(_at("parallel_tool_calls", False), *_OPENAI, CHAT),
        ANT: Trace(native=_at("tool_choice.disable_parallel_tool_use", True)),
    },
    "spoken answer": {
        CHAT: Trace(native=_at("modalities", ["text", "audio"])),
        GEMINI: Trace(native=_at("generationConfig.responseModalities", ["AUDIO"])),
    },
    "JSON output": {
        **_native(_at("text.format.type", "json_object"), *_OPENAI),
        CHAT: Trace(native=_at("response_format.type", "json_object")),
        ANT: Trace(native=_never, otherwise=_in_text("JSON object")),
        GEMINI: Trace(native=_at("generationConfig.responseMimeType", "application/json")),
    },
    "JSON output by schema": {
        **_native(_mark_at("text.format"), *_OPENAI, otherwise=mark_in),
        CHAT: Trace(native=_mark_at("response_format"), otherwise=mark_in),
        ANT: Trace(native=_mark_at("output_config.format"), otherwise=mark_in),
        GEMINI: Trace(native=_mark_at("generationConfig.responseJsonSchema"), otherwise=mark_in),
    },
    "reasoning effort": {
        **_native(_at("reasoning.effort", "high"), *_OPENAI),
        CHAT: Trace(native=_at("reasoning_effort", "high")),
        ANT: Trace(native=_at("output_config.effort", "high")),
        GEMINI: Trace(
            native=_at("generationConfig.thinkingConfig.thinkingLevel", "HIGH"),
            otherwise=_at("generationConfig.thinkingConfig.thinkingBudget", 24_576),
        ),
    },
    "thinking budget": {
        **_native(_at("reasoning.effort", "medium"), CODEX),
        RESPONSES: Trace(native=_never, otherwise=_at("reasoning.effort", "medium")),
        CHAT: Trace(native=_never, otherwise=_at("reasoning_effort", "medium")),
        ANT: Trace(native=_at("thinking.budget_tokens", 8192), otherwise=_at("output_config.effort", "medium")),
        GEMINI: Trace(native=_at("generationConfig.thinkingConfig.thinkingBudget", 8192)),
    },
    "temperature": {
        **_native(_at("temperature", 0.5), *_OPENAI, CHAT, ANT),
        GEMINI: Trace(native=_at("generationConfig.temperature", 0.5)),
    },
    "top_p": {
        **_native(_at("top_p", 0.5), *_OPENAI, CHAT, ANT),
        GEMINI: Trace(native=_at("generationConfig.topP", 0.5)),
    },
    "top_k": {
        **_native(_at("top_k", 5), *_OPENAI, CHAT, ANT),
        GEMINI: Trace(native=_at("generationConfig.topK", 5)),
    },
    "penalties": {
        **_native(_at("presence_penalty", 0.5), *_OPENAI, CHAT),
        GEMINI: Trace(native=_at("generationConfig.presencePenalty", 0.5)),
    },
    "logit bias": _native(_at("logit_bias", {"5": 7}), CHAT),
    "seed": {**_native(_at("seed", 5), *_OPENAI, CHAT), GEMINI: Trace(native=_at("generationConfig.seed", 5))},
    "several answers (n)": {},
    "token probabilities": {
        CHAT: Trace(native=_at("logprobs", True)),
        GEMINI: Trace(native=_at("generationConfig.responseLogprobs", True)),
    },
    "stop strings": {
        CHAT: Trace(native=_at("stop", [MARK])),
        ANT: Trace(native=_at("stop_sequences", [MARK])),
        GEMINI: Trace(native=_at("generationConfig.stopSequences", [MARK])),
    },
    "most output tokens": {
        **_native(_at("max_output_tokens", 50), *_OPENAI),
        CHAT: Trace(native=_at("max_completion_tokens", 50)),
        ANT: Trace(native=_at("max_tokens", 50)),
        GEMINI: Trace(native=_at("generationConfig.maxOutputTokens", 50)),
    },
    "fast service tier": {
        **_native(_at("service_tier", "priority"), *_OPENAI, CHAT),
        ANT: Trace(native=_at("speed", "fast")),
    },
    "verbosity": {
        **_native(_at("text.verbosity", "low"), *_OPENAI),
        CHAT: Trace(native=_at("verbosity", "low")),
    },
    "metadata": _native(_at("metadata", {"a": "b"}), *_OPENAI, CHAT),
    "end user's id": {
        **_native(_at("user", MARK), *_OPENAI, CHAT),
        ANT: Trace(native=_at("metadata.user_id", MARK)),
    },
    "prompt cache key": _native(_at("prompt_cache_key", MARK), *_OPENAI, CHAT),
    "cache marks": {
        ANT: Trace(native=_in_text('"cache_control"')),
        GEMINI: Trace(native=_at("cachedContent", "cachedContents/x")),
    },
    "safety settings": {GEMINI: Trace(native=lambda body, _: "safetySettings" in body)},
    "keeping answers at the upstream": _native(_at("store", True), *_OPENAI, CHAT),
    "continuing a kept answer": _native(_at("previous_response_id", "resp_1"), *_OPENAI),
    "citations in the history": _native(_in_text(f"https://{DOMAIN}"), *_OPENAI, ANT),
    "phase of an earlier answer": _native(_in_text('"phase":"commentary"'), *_OPENAI),
    "document, to be cited": {ANT: Trace(native=_in_text('"citations":{"enabled":true}'))},
    "detail of pictures": {
        **_only(_in_text('"detail":"low"'), *_OPENAI, CHAT),
        GEMINI: Trace(native=_at("generationConfig.mediaResolution", "MEDIA_RESOLUTION_LOW")),
    },
    "tools in a group": {
        **_native(_in_text('"namespace"', "zq_group", MARK), *_OPENAI),
        **_only(mark_in, CHAT, ANT, GEMINI),
    },
    "examples of a tool's input": {
        **_only(_in_text("zq-example"), *_OPENAI, CHAT, GEMINI),
        ANT: Trace(native=_in_text('"input_examples"', "zq-example"), otherwise=_in_text("zq-example")),
    },
    "web search, domains left out": {
        **_native(_in_text("blocked_domains", DOMAIN), *_OPENAI, ANT),
        GEMINI: Trace(native=_in_text("excludeDomains", DOMAIN)),
    },
    "web search, how much of it": _native(_in_text('"search_context_size":"low"'), *_OPENAI, CHAT),
    "web search, how often": {ANT: Trace(native=_in_text('"max_uses":3'))},
    "most calls of hosted tools": _native(_at("max_tool_calls", 3), *_OPENAI),
    "JSON output by schema, strict": {
        **_native(_in_text('"strict":true'), *_OPENAI, CHAT),
        **_only(_in_text('"additionalProperties":false'), ANT, GEMINI),
    },
    "summary of thoughts": {
        **_native(_at("reasoning.summary", "detailed"), *_OPENAI),
        ANT: Trace(native=_never, otherwise=_at("thinking.display", "summarized")),
        GEMINI: Trace(native=_never, otherwise=_at("generationConfig.thinkingConfig.includeThoughts", True)),
    },
    "number of probable tokens": {
        RESPONSES: Trace(native=_at("top_logprobs", 3)),
        CHAT: Trace(native=_at("top_logprobs", 3)),
        GEMINI: Trace(native=_at("generationConfig.logprobs", 3)),
    },
    "more to be included": _native(_in_text('"file_search_call.results"'), *_OPENAI),
    "cut of what is too long": _native(_at("truncation", "auto"), *_OPENAI),
    "context edited by the upstream": _native(lambda body, _: "context_management" in body, *_OPENAI, ANT),
    "labels of the bill": {GEMINI: Trace(native=_at("labels.zq", "zq"))},
    "speech settings": {GEMINI: Trace(native=_at("generationConfig.speechConfig.languageCode", "de"))},
    "settings of a local server": {},
    "a member nobody knows": _native(_at("zq_unknown", 1), CODEX, CHAT, RESPONSES, ANT, GEMINI),
    **dict.fromkeys(
        (f"a member nobody knows, in a {place}" for place in PLACES),
        _native(_in_text(UNKNOWN), CODEX, CHAT, RESPONSES, ANT, GEMINI),
    ),
}
_NOWHERE: Final = Trace(native=_never)


def trace_of(feature: str, upstream: str) -> Trace:
    """Where the feature shows in what this upstream is sent."""
    traces = TRACES.get(feature)
    return ANYWHERE if traces is None else traces.get(upstream, _NOWHERE)
