"""The features of requests, and how each dialect says them.

Rules of this file: data. A feature without a fragment is not in the dialect. Source: the request references of the five
APIs.
"""

from scripts.fidelity.details import DETAILS
from scripts.fidelity.fragments import (
    ANTHROPIC,
    ANTHROPIC_TOOLS,
    CHAT,
    CHAT_TOOLS,
    DOMAIN,
    GEMINI,
    GEMINI_TOOLS,
    NAME,
    OLLAMA,
    RESPONSES,
    RESPONSES_TOOLS,
    RESULT,
    Fragment,
    allowed,
    called,
    chat_turns,
    chosen,
    content_turns,
    document,
    input_items,
    linked_picture,
    picture,
    sampled,
    schema_output,
    strict_tools,
    thoughts,
    uploaded,
    user_turn,
)  # fmt: skip
from scripts.fidelity.verdicts import MARK, PIXEL, Feature

_MAIN: dict[Feature, dict[str, Fragment]] = {
    Feature(name="system prompt"): {
        CHAT: chat_turns({"role": "system", "content": MARK}),
        RESPONSES: {"instructions": MARK},
        ANTHROPIC: {"system": MARK},
        GEMINI: {"systemInstruction": {"parts": [{"text": MARK}]}},
        OLLAMA: chat_turns({"role": "system", "content": MARK}),
    },
    Feature(name="system message in mid-conversation, in its place"): {
        CHAT: chat_turns({"role": "user", "content": "a"}, {"role": "system", "content": MARK}),
        RESPONSES: input_items({"role": "user", "content": "a"}, {"role": "developer", "content": MARK}),
        ANTHROPIC: chat_turns({"role": "user", "content": "a"}, {"role": "system", "content": MARK}),
        OLLAMA: chat_turns({"role": "user", "content": "a"}, {"role": "system", "content": MARK}),
    },
    Feature(name="speaker's name"): {CHAT: chat_turns({"role": "user", "content": "a", "name": "zq_name"})},
    Feature(name="earlier answer"): {
        CHAT: chat_turns({"role": "assistant", "content": MARK}),
        RESPONSES: input_items({"role": "assistant", "content": [{"type": "output_text", "text": MARK}]}),
        ANTHROPIC: chat_turns({"role": "user", "content": "a"}, {"role": "assistant", "content": MARK}),
        GEMINI: content_turns({"role": "model", "parts": [{"text": MARK}]}),
        OLLAMA: chat_turns({"role": "assistant", "content": MARK}),
    },
    Feature(name="picture, inline"): picture("high"),
    Feature(name="picture, detail"): {
        dialect: fragment for dialect, fragment in picture("low").items() if dialect in {CHAT, RESPONSES}
    },
    Feature(name="picture, by URL"): linked_picture(),
    Feature(name="PDF, inline"): document(),
    Feature(name="uploaded file, by id"): uploaded(),
    Feature(name="sound, inline"): {
        CHAT: {"messages": [user_turn({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}})]},
        GEMINI: {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}}]}]},
    },
    Feature(name="tool call in the history"): called(RESULT),
    Feature(name="tool result"): called(f"{MARK}-result"),
    Feature(name="tool result with a picture"): {
        RESPONSES: called([{"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"}])[RESPONSES],
        ANTHROPIC: called([{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}])[
            ANTHROPIC
        ],
    },
    Feature(name="tool result that is an error"): {
        ANTHROPIC: called(RESULT, is_error=True)[ANTHROPIC],
    },
    Feature(name="encrypted thoughts handed back"): thoughts(),
    Feature(name="function tools"): {
        CHAT: CHAT_TOOLS,
        RESPONSES: RESPONSES_TOOLS,
        ANTHROPIC: ANTHROPIC_TOOLS,
        GEMINI: GEMINI_TOOLS,
        OLLAMA: CHAT_TOOLS,
    },
    Feature(name="function tools, strict"): strict_tools(),
    Feature(name="free-text tools"): {
        CHAT: {"tools": [{"type": "custom", "custom": {"name": NAME, "description": MARK}}]},
        RESPONSES: {"tools": [{"type": "custom", "name": NAME, "description": MARK}]},
    },
    Feature(name="web search"): {
        CHAT: {"web_search_options": {}},
        RESPONSES: {"tools": [{"type": "web_search"}]},
        ANTHROPIC: {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        GEMINI: {"tools": [{"googleSearch": {}}]},
    },
    Feature(name="web search, its domains"): {
        RESPONSES: {"tools": [{"type": "web_search", "filters": {"allowed_domains": [DOMAIN]}}]},
        ANTHROPIC: {"tools": [{"type": "web_search_20250305", "name": "web_search", "allowed_domains": [DOMAIN]}]},
    },
    Feature(name="code execution"): {
        RESPONSES: {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]},
        ANTHROPIC: {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]},
        GEMINI: {"tools": [{"codeExecution": {}}]},
    },
    Feature(name="remote MCP server"): {
        RESPONSES: {"tools": [{"type": "mcp", "server_label": "l", "server_url": f"https://{DOMAIN}/mcp"}]},
        ANTHROPIC: {"mcp_servers": [{"type": "url", "name": "l", "url": f"https://{DOMAIN}/mcp"}]},
    },
    Feature(name="picture generation"): {
        CHAT: {"tools": [{"type": "image_generation"}]},
        RESPONSES: {"tools": [{"type": "image_generation"}]},
        GEMINI: {"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}},
    },
    Feature(name="tool choice: none"): chosen("none"),
    Feature(name="tool choice: some tool"): chosen("required"),
    Feature(name="tool choice: this tool"): {
        CHAT: {**CHAT_TOOLS, "tool_choice": {"type": "function", "function": {"name": NAME}}},
        RESPONSES: {**RESPONSES_TOOLS, "tool_choice": {"type": "function", "name": NAME}},
        ANTHROPIC: {**ANTHROPIC_TOOLS, "tool_choice": {"type": "tool", "name": NAME}},
        GEMINI: {
            **GEMINI_TOOLS,
            "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": [NAME]}},
        },
    },
    Feature(name="tool choice: some of these tools"): allowed(),
    Feature(name="no parallel tool calls"): {
        CHAT: {**CHAT_TOOLS, "parallel_tool_calls": False},
        RESPONSES: {**RESPONSES_TOOLS, "parallel_tool_calls": False},
        ANTHROPIC: {**ANTHROPIC_TOOLS, "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
    },
    Feature(name="spoken answer"): {
        CHAT: {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}},
        GEMINI: {"generationConfig": {"responseModalities": ["AUDIO"]}},
    },
    Feature(name="JSON output"): {
        CHAT: {"response_format": {"type": "json_object"}},
        RESPONSES: {"text": {"format": {"type": "json_object"}}},
        GEMINI: {"generationConfig": {"responseMimeType": "application/json"}},
        OLLAMA: {"format": "json"},
    },
    Feature(name="JSON output by schema"): schema_output(),
    Feature(name="reasoning effort"): {
        CHAT: {"reasoning_effort": "high"},
        RESPONSES: {"reasoning": {"effort": "high"}},
        ANTHROPIC: {"output_config": {"effort": "high"}},
        GEMINI: {"generationConfig": {"thinkingConfig": {"thinkingLevel": "HIGH"}}},
        OLLAMA: {"think": "high"},
    },
    Feature(name="thinking budget"): {
        ANTHROPIC: {"max_tokens": 16_000, "thinking": {"type": "enabled", "budget_tokens": 8192}},
        GEMINI: {"generationConfig": {"thinkingConfig": {"thinkingBudget": 8192}}},
    },
    Feature(name="temperature"): {
        **sampled("temperature", 0.5, gemini="temperature", ollama="temperature"),
        RESPONSES: {"temperature": 0.5},
        ANTHROPIC: {"temperature": 0.5},
    },
    Feature(name="top_p"): {
        **sampled("top_p", 0.5, gemini="topP", ollama="top_p"),
        RESPONSES: {"top_p": 0.5},
        ANTHROPIC: {"top_p": 0.5},
    },
    Feature(name="top_k"): {
        ANTHROPIC: {"top_k": 5},
        GEMINI: {"generationConfig": {"topK": 5}},
        OLLAMA: {"options": {"top_k": 5}},
    },
    Feature(name="penalties"): sampled("presence_penalty", 0.5, gemini="presencePenalty", ollama="presence_penalty"),
    Feature(name="logit bias"): {CHAT: {"logit_bias": {"5": 7}}},
    Feature(name="seed"): sampled("seed", 5, gemini="seed", ollama="seed"),
    Feature(name="several answers (n)"): {CHAT: {"n": 2}, GEMINI: {"generationConfig": {"candidateCount": 2}}},
    Feature(name="token probabilities"): {
        CHAT: {"logprobs": True},
        GEMINI: {"generationConfig": {"responseLogprobs": True}},
        OLLAMA: {"logprobs": True},
    },
    Feature(name="stop strings", in_request=lambda request: request.sampling.stop == (MARK,)): {
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
    Feature(name="fast service tier"): {
        CHAT: {"service_tier": "priority"},
        RESPONSES: {"service_tier": "priority"},
        ANTHROPIC: {"speed": "fast"},
    },
    Feature(name="verbosity"): {
        CHAT: {"verbosity": "low"},
        RESPONSES: {"text": {"verbosity": "low"}},
    },
    Feature(name="metadata"): {CHAT: {"metadata": {"a": "b"}}, RESPONSES: {"metadata": {"a": "b"}}},
    Feature(name="end user's id"): {
        CHAT: {"user": MARK},
        RESPONSES: {"user": MARK},
        ANTHROPIC: {"metadata": {"user_id": MARK}},
    },
    Feature(name="prompt cache key", in_request=lambda request: request.session.prompt_cache_key == MARK): {
        CHAT: {"prompt_cache_key": MARK},
        RESPONSES: {"prompt_cache_key": MARK},
    },
    Feature(name="cache marks", has_no_effect=True): {
        ANTHROPIC: {"system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}]},
        GEMINI: {"cachedContent": "cachedContents/x"},
    },
    Feature(name="safety settings"): {
        GEMINI: {"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]},
    },
    Feature(name="keeping answers at the upstream"): {CHAT: {"store": True}, RESPONSES: {"store": True}},
    Feature(name="continuing a kept answer"): {RESPONSES: {"previous_response_id": "resp_1"}},
}

FEATURES: dict[Feature, dict[str, Fragment]] = _MAIN | DETAILS
"""Every feature with its fragment in each dialect that has it."""
