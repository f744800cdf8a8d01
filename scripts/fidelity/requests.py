"""The features of requests, and how each dialect says them.

Rules of this file: data. A fragment is merged into the dialect's smallest request; a feature without a fragment is not
in the dialect. Source: the request references of the five APIs.
"""

from typing import Any

from codex_proxy.protocols.gemini.signing import write_signature
from codex_proxy.protocols.parts.signatures import RESPONSES as RESPONSES_ORIGIN
from codex_proxy.protocols.parts.signatures import seal
from scripts.fidelity.verdicts import MARK, PIXEL, Feature

Fragment = dict[str, Any]

CHAT, RESPONSES, ANTHROPIC, GEMINI, OLLAMA = "chat", "responses", "anthropic", "gemini", "ollama"
DIALECTS = (CHAT, RESPONSES, ANTHROPIC, GEMINI, OLLAMA)

PDF = "JVBERi0xLjQKJSVFT0YK"
TOKEN = f"gAAAA-{MARK}"
SCHEMA = {"type": "object", "properties": {MARK: {"type": "string"}}, "required": [MARK], "additionalProperties": False}
NAME = "zq_tool"
_RESULT = "the result"

BASES: dict[str, Fragment] = {
    CHAT: {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hello"}]},
    RESPONSES: {"model": "gpt-5.4", "input": [{"role": "user", "content": "hello"}]},
    ANTHROPIC: {"model": "gpt-5.4", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]},
    GEMINI: {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]},
    OLLAMA: {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hello"}]},
}


def _chat(*messages: Fragment) -> Fragment:
    return {"messages": [*messages, {"role": "user", "content": "go on"}]}


def _input(*items: Fragment) -> Fragment:
    return {"input": [*items, {"role": "user", "content": "go on"}]}


def _contents(*contents: Fragment) -> Fragment:
    return {"contents": [*contents, {"role": "user", "parts": [{"text": "go on"}]}]}


def _user(*parts: Fragment) -> dict[str, Any]:
    return {"role": "user", "content": list(parts)}


def _called(result: Any, **more: Any) -> dict[str, Fragment]:
    """A call and its result, in every dialect; `result` is the text that the tool gave."""
    arguments = f'{{"path":"{MARK}-argument"}}'
    function = {"name": NAME, "arguments": arguments}
    call = {"id": "c1", "type": "function", "function": function}
    parsed = {"path": f"{MARK}-argument"}
    used = {"type": "tool_use", "id": "c1", "name": NAME, "input": parsed}
    given = {"type": "tool_result", "tool_use_id": "c1", "content": result, **more}
    answer = {"functionResponse": {"id": "c1", "name": NAME, "response": {"output": result}}}
    return {
        CHAT: _chat(
            {"role": "user", "content": "look"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": result},
        ),
        RESPONSES: _input(
            {"role": "user", "content": "look"},
            {"type": "function_call", "call_id": "c1", **function},
            {"type": "function_call_output", "call_id": "c1", "output": result},
        ),
        ANTHROPIC: _chat({"role": "user", "content": "look"}, {"role": "assistant", "content": [used]}, _user(given)),
        GEMINI: _contents(
            {"role": "user", "parts": [{"text": "look"}]},
            {"role": "model", "parts": [{"functionCall": {"id": "c1", "name": NAME, "args": parsed}}]},
            {"role": "user", "parts": [answer]},
        ),
        OLLAMA: _chat(
            {"role": "user", "content": "look"},
            {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": NAME, "arguments": parsed}}]},
            {"role": "tool", "tool_name": NAME, "content": result},
        ),
    }


_FUNCTION = {"name": NAME, "description": MARK, "parameters": SCHEMA}
_CHAT_TOOLS = {"tools": [{"type": "function", "function": _FUNCTION}]}
_RESPONSES_TOOLS = {"tools": [{"type": "function", **_FUNCTION}]}
_ANTHROPIC_TOOLS = {"tools": [{"name": NAME, "description": MARK, "input_schema": SCHEMA}]}
_GEMINI_TOOLS = {
    "tools": [{"functionDeclarations": [{"name": NAME, "description": MARK, "parametersJsonSchema": SCHEMA}]}]
}


def _chosen(word: str) -> dict[str, Fragment]:
    gemini = {"none": "NONE", "required": "ANY"}[word]
    return {
        CHAT: {**_CHAT_TOOLS, "tool_choice": word},
        RESPONSES: {**_RESPONSES_TOOLS, "tool_choice": word},
        ANTHROPIC: {**_ANTHROPIC_TOOLS, "tool_choice": {"type": {"none": "none", "required": "any"}[word]}},
        GEMINI: {**_GEMINI_TOOLS, "toolConfig": {"functionCallingConfig": {"mode": gemini}}},
    }


def _sampled(chat: str, value: Any, *, gemini: str | None = None, ollama: str | None = None) -> dict[str, Fragment]:
    found: dict[str, Fragment] = {CHAT: {chat: value}}
    if gemini is not None:
        found[GEMINI] = {"generationConfig": {gemini: value}}
    if ollama is not None:
        found[OLLAMA] = {"options": {ollama: value}}
    return found


def _image(detail: str) -> dict[str, Fragment]:
    data_url = f"data:image/png;base64,{PIXEL}"
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    return {
        CHAT: {"messages": [_user({"type": "image_url", "image_url": {"url": data_url, "detail": detail}})]},
        RESPONSES: {"input": [_user({"type": "input_image", "image_url": data_url, "detail": detail})]},
        ANTHROPIC: {"messages": [_user({"type": "image", "source": source})]},
        GEMINI: {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": PIXEL}}]}]},
        OLLAMA: {"messages": [{"role": "user", "content": "see", "images": [PIXEL]}]},
    }


def _linked_image() -> dict[str, Fragment]:
    url = f"https://example.invalid/{MARK}.png"
    file = {"fileUri": url, "mimeType": "image/png"}
    return {
        CHAT: {"messages": [_user({"type": "image_url", "image_url": {"url": url}})]},
        RESPONSES: {"input": [_user({"type": "input_image", "image_url": url})]},
        ANTHROPIC: {"messages": [_user({"type": "image", "source": {"type": "url", "url": url}})]},
        GEMINI: {"contents": [{"role": "user", "parts": [{"fileData": file}]}]},
    }


def _document() -> dict[str, Fragment]:
    data_url = f"data:application/pdf;base64,{PDF}"
    file = {"filename": "a.pdf", "file_data": data_url}
    source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
    return {
        CHAT: {"messages": [_user({"type": "file", "file": file})]},
        RESPONSES: {"input": [_user({"type": "input_file", **file})]},
        ANTHROPIC: {"messages": [_user({"type": "document", "source": source})]},
        GEMINI: {
            "contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "application/pdf", "data": PDF}}]}]
        },
    }


def _thoughts() -> dict[str, Fragment]:
    signature = seal(RESPONSES_ORIGIN, "rs_1", TOKEN)
    encoded = write_signature(TOKEN, origin=None, item_id="rs_1")
    detail = {"type": "reasoning.encrypted", "data": TOKEN, "id": "rs_1", "format": "openai-responses-v1", "index": 0}
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": TOKEN}
    thought = {"type": "thinking", "thinking": "hm", "signature": signature}
    return {
        CHAT: _chat({"role": "assistant", "content": "yes", "reasoning_details": [detail]}),
        RESPONSES: _input(item),
        ANTHROPIC: _chat(
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": [thought, {"type": "text", "text": "yes"}]},
        ),
        GEMINI: _contents({"role": "model", "parts": [{"text": "yes", "thoughtSignature": encoded}]}),
    }


def _schema_output() -> dict[str, Fragment]:
    wanted = {"name": "n", "schema": SCHEMA, "strict": True}
    return {
        CHAT: {"response_format": {"type": "json_schema", "json_schema": wanted}},
        RESPONSES: {"text": {"format": {"type": "json_schema", **wanted}}},
        ANTHROPIC: {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        GEMINI: {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}},
        OLLAMA: {"format": SCHEMA},
    }


FEATURES: dict[Feature, dict[str, Fragment]] = {
    Feature(name="system prompt"): {
        CHAT: _chat({"role": "system", "content": MARK}),
        RESPONSES: {"instructions": MARK},
        ANTHROPIC: {"system": MARK},
        GEMINI: {"systemInstruction": {"parts": [{"text": MARK}]}},
        OLLAMA: _chat({"role": "system", "content": MARK}),
    },
    Feature(
        name="system message in mid-conversation, in its place",
        shows=lambda body, _: any(item.get("role") == "developer" and MARK in str(item) for item in body["input"]),
    ): {
        CHAT: _chat({"role": "user", "content": "a"}, {"role": "system", "content": MARK}),
        RESPONSES: _input({"role": "user", "content": "a"}, {"role": "developer", "content": MARK}),
        ANTHROPIC: _chat({"role": "user", "content": "a"}, {"role": "system", "content": MARK}),
        OLLAMA: _chat({"role": "user", "content": "a"}, {"role": "system", "content": MARK}),
    },
    Feature(name="earlier answer"): {
        CHAT: _chat({"role": "assistant", "content": MARK}),
        RESPONSES: _input({"role": "assistant", "content": [{"type": "output_text", "text": MARK}]}),
        ANTHROPIC: _chat({"role": "user", "content": "a"}, {"role": "assistant", "content": MARK}),
        GEMINI: _contents({"role": "model", "parts": [{"text": MARK}]}),
        OLLAMA: _chat({"role": "assistant", "content": MARK}),
    },
    Feature(name="picture, inline", shows=lambda _, text: PIXEL in text): _image("high"),
    Feature(name="picture, detail", shows=lambda _, text: '"detail":"low"' in text): {
        dialect: fragment for dialect, fragment in _image("low").items() if dialect in {CHAT, RESPONSES}
    },
    Feature(name="picture, by URL"): _linked_image(),
    Feature(name="PDF, inline", shows=lambda _, text: PDF in text): _document(),
    Feature(name="sound, inline", shows=lambda _, text: '"input_audio"' in text): {
        CHAT: {"messages": [_user({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}})]},
        GEMINI: {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}}]}]},
    },
    Feature(name="tool call in the history", shows=lambda _, text: f"{MARK}-argument" in text): _called(_RESULT),
    Feature(name="tool result", shows=lambda _, text: f"{MARK}-result" in text): _called(f"{MARK}-result"),
    Feature(name="tool result with a picture", shows=lambda _, text: PIXEL in text): {
        RESPONSES: _called([{"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"}])[RESPONSES],
        ANTHROPIC: _called([{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}])[
            ANTHROPIC
        ],
    },
    Feature(name="tool result that is an error", shows=lambda _, text: "rror" in text and _RESULT in text): {
        ANTHROPIC: _called(_RESULT, is_error=True)[ANTHROPIC],
    },
    Feature(name="encrypted thoughts handed back", shows=lambda _, text: TOKEN in text): _thoughts(),
    Feature(name="function tools"): {
        CHAT: _CHAT_TOOLS,
        RESPONSES: _RESPONSES_TOOLS,
        ANTHROPIC: _ANTHROPIC_TOOLS,
        GEMINI: _GEMINI_TOOLS,
        OLLAMA: _CHAT_TOOLS,
    },
    Feature(name="free-text tools", shows=lambda _, text: '"custom"' in text and MARK in text): {
        CHAT: {"tools": [{"type": "custom", "custom": {"name": NAME, "description": MARK}}]},
        RESPONSES: {"tools": [{"type": "custom", "name": NAME, "description": MARK}]},
    },
    Feature(name="web search", shows=lambda _, text: '"web_search"' in text): {
        CHAT: {"web_search_options": {}},
        RESPONSES: {"tools": [{"type": "web_search"}]},
        ANTHROPIC: {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        GEMINI: {"tools": [{"googleSearch": {}}]},
    },
    Feature(name="picture generation", shows=lambda _, text: '"image_generation"' in text): {
        CHAT: {"tools": [{"type": "image_generation"}]},
        RESPONSES: {"tools": [{"type": "image_generation"}]},
        GEMINI: {"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}},
    },
    Feature(name="tool choice: none", shows=lambda body, _: body["tool_choice"] == "none"): _chosen("none"),
    Feature(name="tool choice: some tool", shows=lambda body, _: body["tool_choice"] == "required"): _chosen(
        "required"
    ),
    Feature(name="tool choice: this tool", shows=lambda body, _: NAME in str(body["tool_choice"])): {
        CHAT: {**_CHAT_TOOLS, "tool_choice": {"type": "function", "function": {"name": NAME}}},
        RESPONSES: {**_RESPONSES_TOOLS, "tool_choice": {"type": "function", "name": NAME}},
        ANTHROPIC: {**_ANTHROPIC_TOOLS, "tool_choice": {"type": "tool", "name": NAME}},
        GEMINI: {
            **_GEMINI_TOOLS,
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": [NAME]}},
        },
    },
    Feature(name="no parallel tool calls", shows=lambda body, _: body.get("parallel_tool_calls") is False): {
        CHAT: {**_CHAT_TOOLS, "parallel_tool_calls": False},
        RESPONSES: {**_RESPONSES_TOOLS, "parallel_tool_calls": False},
        ANTHROPIC: {**_ANTHROPIC_TOOLS, "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
    },
    Feature(name="JSON output", shows=lambda _, text: '"json_object"' in text): {
        CHAT: {"response_format": {"type": "json_object"}},
        RESPONSES: {"text": {"format": {"type": "json_object"}}},
        GEMINI: {"generationConfig": {"responseMimeType": "application/json"}},
        OLLAMA: {"format": "json"},
    },
    Feature(name="JSON output by schema"): _schema_output(),
    Feature(name="reasoning effort", shows=lambda body, _: body.get("reasoning", {}).get("effort") == "high"): {
        CHAT: {"reasoning_effort": "high"},
        RESPONSES: {"reasoning": {"effort": "high"}},
        ANTHROPIC: {"output_config": {"effort": "high"}},
        GEMINI: {"generationConfig": {"thinkingConfig": {"thinkingLevel": "HIGH"}}},
        OLLAMA: {"think": "high"},
    },
    Feature(name="thinking budget", shows=lambda body, _: body.get("reasoning", {}).get("effort") == "medium"): {
        ANTHROPIC: {"max_tokens": 16_000, "thinking": {"type": "enabled", "budget_tokens": 8192}},
        GEMINI: {"generationConfig": {"thinkingConfig": {"thinkingBudget": 8192}}},
    },
    Feature(name="temperature"): {
        **_sampled("temperature", 0.5, gemini="temperature", ollama="temperature"),
        RESPONSES: {"temperature": 0.5},
        ANTHROPIC: {"temperature": 0.5},
    },
    Feature(name="top_p"): {
        **_sampled("top_p", 0.5, gemini="topP", ollama="top_p"),
        RESPONSES: {"top_p": 0.5},
        ANTHROPIC: {"top_p": 0.5},
    },
    Feature(name="top_k"): {
        ANTHROPIC: {"top_k": 5},
        GEMINI: {"generationConfig": {"topK": 5}},
        OLLAMA: {"options": {"top_k": 5}},
    },
    Feature(name="penalties"): _sampled("presence_penalty", 0.5, gemini="presencePenalty", ollama="presence_penalty"),
    Feature(name="seed"): _sampled("seed", 5, gemini="seed", ollama="seed"),
    Feature(name="several answers (n)"): {CHAT: {"n": 2}, GEMINI: {"generationConfig": {"candidateCount": 2}}},
    Feature(name="token probabilities"): {
        CHAT: {"logprobs": True},
        GEMINI: {"generationConfig": {"responseLogprobs": True}},
        OLLAMA: {"logprobs": True},
    },
    Feature(name="stop strings", in_request=lambda request: request.sampling.stop == (MARK,), shows=lambda *_: False): {
        CHAT: {"stop": [MARK]},
        ANTHROPIC: {"stop_sequences": [MARK]},
        GEMINI: {"generationConfig": {"stopSequences": [MARK]}},
        OLLAMA: {"options": {"stop": [MARK]}},
    },
    Feature(name="most output tokens"): {
        CHAT: {"max_completion_tokens": 50},
        RESPONSES: {"max_output_tokens": 50},
        ANTHROPIC: {"max_tokens": 50},
        GEMINI: {"generationConfig": {"maxOutputTokens": 50}},
        OLLAMA: {"options": {"num_predict": 50}},
    },
    Feature(name="fast service tier", shows=lambda body, _: body.get("service_tier") == "priority"): {
        CHAT: {"service_tier": "priority"},
        RESPONSES: {"service_tier": "priority"},
        ANTHROPIC: {"speed": "fast"},
    },
    Feature(name="verbosity", shows=lambda body, _: body.get("text", {}).get("verbosity") == "low"): {
        CHAT: {"verbosity": "low"},
        RESPONSES: {"text": {"verbosity": "low"}},
    },
    Feature(name="metadata"): {
        CHAT: {"metadata": {"a": "b"}},
        RESPONSES: {"metadata": {"a": "b"}},
        ANTHROPIC: {"metadata": {"user_id": "u"}},
    },
    Feature(name="cache marks", has_no_effect=True, shows=lambda *_: False): {
        ANTHROPIC: {"system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]},
        GEMINI: {"cachedContent": "cachedContents/x"},
    },
    Feature(name="safety settings"): {
        GEMINI: {"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]},
    },
    Feature(name="keeping answers at the upstream"): {CHAT: {"store": True}, RESPONSES: {"store": True}},
    Feature(name="continuing a kept answer"): {RESPONSES: {"previous_response_id": "resp_1"}},
    Feature(name="a member nobody knows"): {dialect: {"zq_unknown": 1} for dialect in DIALECTS},
}
"""Every feature with its fragment in each dialect that has it."""


def merged(base: Fragment, fragment: Fragment) -> Fragment:
    """The base with the fragment's members; objects are merged, everything else is replaced."""
    made = dict(base)
    for name, value in fragment.items():
        held = made.get(name)
        made[name] = merged(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return made
