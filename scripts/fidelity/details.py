"""Smaller features of requests: settings of tools, marks on messages, members that nobody knows, wherever they stand.

Rules of this file: data, as in ``requests``.
"""

from collections.abc import Callable
from typing import Any

from scripts.fidelity.fragments import (
    ANTHROPIC,
    ANTHROPIC_TOOLS,
    CHAT,
    CHAT_TOOLS,
    DIALECTS,
    DOMAIN,
    GEMINI,
    GEMINI_TOOLS,
    NAME,
    OLLAMA,
    PDF,
    RESPONSES,
    RESPONSES_TOOLS,
    RESULT,
    SCHEMA,
    Fragment,
    called,
    chat_turns,
    input_items,
    unknown_within,
    user_turn,
)
from scripts.fidelity.verdicts import MARK, Feature

UNKNOWN = "zq-something"
"""Stands in members that nobody knows."""

_CITED = {"url": f"https://{DOMAIN}", "title": "t", "start_index": 0, "end_index": 1}
PLACES = ("part", "message", "call", "result", "tool", "configuration")
_UNKNOWN = {"zq_unknown": UNKNOWN}


def _search(chat: Fragment | None = None, responses: Fragment | None = None, **others: Fragment) -> dict[str, Fragment]:
    """The hosted search with a setting, in the words of those that have it."""
    found: dict[str, Fragment] = {}
    if chat is not None:
        found[CHAT] = {"web_search_options": chat}
    if responses is not None:
        found[RESPONSES] = {"tools": [{"type": "web_search", **responses}]}
    if ANTHROPIC in others:
        found[ANTHROPIC] = {"tools": [{"type": "web_search_20250305", "name": "web_search", **others[ANTHROPIC]}]}
    if GEMINI in others:
        found[GEMINI] = {"tools": [{"googleSearch": others[GEMINI]}]}
    return found


def _named_document() -> dict[str, Fragment]:
    """A PDF with a name."""
    name = f"{MARK}.pdf"
    file = {"filename": name, "file_data": f"data:application/pdf;base64,{PDF}"}
    source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
    blob = {"mimeType": "application/pdf", "data": PDF, "displayName": name}
    return {
        CHAT: {"messages": [user_turn({"type": "file", "file": file})]},
        RESPONSES: {"input": [user_turn({"type": "input_file", **file})]},
        ANTHROPIC: {"messages": [user_turn({"type": "document", "source": source, "title": name})]},
        GEMINI: {"contents": [{"role": "user", "parts": [{"inlineData": blob}]}]},
    }


def _document(**more: Any) -> dict[str, Fragment]:
    """Anthropic's document with one more member."""
    source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
    return {ANTHROPIC: {"messages": [user_turn({"type": "document", "source": source, **more})]}}


def _unknown_beside() -> dict[str, Fragment]:
    """A member beside the content of a message that has parts."""
    return {
        CHAT: {"messages": [{"role": "user", "content": "a", **_UNKNOWN}]},
        RESPONSES: {"input": [{"role": "user", "content": "a", **_UNKNOWN}]},
        ANTHROPIC: {"messages": [{"role": "user", "content": "a", **_UNKNOWN}]},
        GEMINI: {"contents": [{"role": "user", "parts": [{"text": "a"}], **_UNKNOWN}]},
    }


def _unknown_in_tool() -> dict[str, Fragment]:
    """A member of a function that is offered."""
    return {
        CHAT: {"tools": [{**CHAT_TOOLS["tools"][0], **_UNKNOWN}]},
        RESPONSES: {"tools": [{**RESPONSES_TOOLS["tools"][0], **_UNKNOWN}]},
        ANTHROPIC: {"tools": [{**ANTHROPIC_TOOLS["tools"][0], **_UNKNOWN}]},
        GEMINI: {
            "tools": [{"functionDeclarations": [{**GEMINI_TOOLS["tools"][0]["functionDeclarations"][0], **_UNKNOWN}]}]
        },
        OLLAMA: {"tools": [{**CHAT_TOOLS["tools"][0], **_UNKNOWN}]},
    }


def _unknown_in(kind: str) -> dict[str, Fragment]:
    """A member of a call in the history, or of a result."""
    return {dialect: _added(fragment, kind) for dialect, fragment in called(RESULT).items()}


def _added(value: Any, kind: str) -> Any:
    """The value with the member in each object that is a call, or a result."""
    if isinstance(value, list):
        return [_added(one, kind) for one in value]
    if not isinstance(value, dict):
        return value
    made = {name: _added(one, kind) for name, one in value.items()}
    return made | _UNKNOWN if _IS[kind](value) else made


_IS: dict[str, Callable[[Fragment], bool]] = {
    "call": lambda one: (
        one.get("type") in {"function_call", "tool_use"}
        or isinstance(one.get("function"), dict)
        or "functionCall" in one
    ),
    "result": lambda one: (
        one.get("type") in {"function_call_output", "tool_result"}
        or one.get("role") == "tool"
        or "functionResponse" in one
    ),
}


def _schema(**more: Any) -> dict[str, Fragment]:
    """A wanted form with one more member."""
    wanted = {"name": "n", "schema": {"type": "object", "properties": {}}, **more}
    return {
        CHAT: {"response_format": {"type": "json_schema", "json_schema": wanted}},
        RESPONSES: {"text": {"format": {"type": "json_schema", **wanted}}},
    }


DETAILS: dict[Feature, dict[str, Fragment]] = {
    Feature(name="developer message"): {
        CHAT: chat_turns({"role": "developer", "content": MARK}),
        RESPONSES: input_items({"role": "developer", "content": MARK}),
    },
    Feature(name="refusal in the history"): {
        CHAT: chat_turns({"role": "user", "content": "a"}, {"role": "assistant", "content": None, "refusal": MARK}),
        RESPONSES: input_items({"role": "assistant", "content": [{"type": "refusal", "refusal": MARK}]}),
    },
    Feature(name="citations in the history"): {
        CHAT: chat_turns(
            {"role": "assistant", "content": "a", "annotations": [{"type": "url_citation", "url_citation": _CITED}]}
        ),
        RESPONSES: input_items(
            {
                "role": "assistant",
                "content": [
                    {
                        "type": "output_text",
                        "text": "a",
                        "annotations": [{"type": "url_citation", **_CITED}],
                    }
                ],
            }
        ),
        ANTHROPIC: chat_turns(
            {"role": "user", "content": "a"},
            {
                "role": "assistant",
                "content": [
                    {
                        "type": "text",
                        "text": "a",
                        "citations": [
                            {
                                "type": "web_search_result_location",
                                "url": f"https://{DOMAIN}",
                                "title": "t",
                                "cited_text": "a",
                                "encrypted_index": "e",
                            }
                        ],
                    }
                ],
            },
        ),
    },
    Feature(name="readable thoughts handed back"): {
        CHAT: chat_turns({"role": "assistant", "content": "yes", "reasoning_content": MARK}),
        RESPONSES: input_items(
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": MARK}], "encrypted_content": "gAAAA-zq"}
        ),
        OLLAMA: chat_turns({"role": "assistant", "content": "yes", "thinking": MARK}),
    },
    Feature(name="phase of an earlier answer"): {
        RESPONSES: input_items(
            {"role": "user", "content": "a"}, {"role": "assistant", "content": "a", "phase": "commentary"}
        ),
    },
    Feature(name="PDF, its name"): _named_document(),
    Feature(name="document, its context"): _document(context=MARK),
    Feature(name="document, to be cited"): _document(citations={"enabled": True}),
    Feature(name="search result as content"): {
        ANTHROPIC: {
            "messages": [
                user_turn(
                    {"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": MARK}]}
                )
            ]
        }
    },
    Feature(name="detail of pictures"): {
        GEMINI: {
            "generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW"},
            "contents": [
                {"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}]}
            ],
        }
    },
    Feature(name="free-text tools, their grammar"): {
        CHAT: {
            "tools": [
                {
                    "type": "custom",
                    "custom": {
                        "name": NAME,
                        "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": MARK}},
                    },
                }
            ]
        },
        RESPONSES: {
            "tools": [
                {"type": "custom", "name": NAME, "format": {"type": "grammar", "syntax": "lark", "definition": MARK}}
            ]
        },
    },
    Feature(name="tools in a group"): {
        RESPONSES: {
            "tools": [{"type": "namespace", "name": "zq_group", "description": "d", "tools": RESPONSES_TOOLS["tools"]}]
        },
    },
    Feature(name="examples of a tool's input"): {
        ANTHROPIC: {"tools": [{**ANTHROPIC_TOOLS["tools"][0], "input_examples": [{MARK: "zq-example"}]}]},
    },
    Feature(name="schema of a tool's result"): {
        GEMINI: {
            "tools": [
                {
                    "functionDeclarations": [
                        {"name": NAME, "description": "d", "response": {"type": "OBJECT", "description": MARK}}
                    ]
                }
            ]
        },
    },
    Feature(name="web search, domains left out"): _search(
        responses={"filters": {"blocked_domains": [DOMAIN]}},
        anthropic={"blocked_domains": [DOMAIN]},
        gemini={"excludeDomains": [DOMAIN]},
    ),
    Feature(name="web search, where the user is"): _search(
        chat={"user_location": {"type": "approximate", "approximate": {"city": MARK}}},
        responses={"user_location": {"type": "approximate", "city": MARK}},
        anthropic={"user_location": {"type": "approximate", "city": MARK}},
    ),
    Feature(name="web search, how much of it"): _search(
        chat={"search_context_size": "low"}, responses={"search_context_size": "low"}
    ),
    Feature(name="web search, how often"): _search(anthropic={"max_uses": 3}),
    Feature(name="most calls of hosted tools"): {RESPONSES: {"max_tool_calls": 3}},
    Feature(name="JSON output by schema, its description"): _schema(description=MARK),
    Feature(name="JSON output by schema, strict"): _schema(strict=True, schema=SCHEMA),
    Feature(name="summary of thoughts"): {RESPONSES: {"reasoning": {"effort": "high", "summary": "detailed"}}},
    Feature(name="number of probable tokens"): {RESPONSES: {"top_logprobs": 3}},
    Feature(name="more to be included"): {RESPONSES: {"include": ["file_search_call.results"]}},
    Feature(name="cut of what is too long"): {RESPONSES: {"truncation": "auto"}},
    Feature(name="kept prompt with variables"): {RESPONSES: {"prompt": {"id": "pmpt_zq"}}},
    Feature(name="predicted answer"): {CHAT: {"prediction": {"type": "content", "content": MARK}}},
    Feature(name="container of the upstream"): {ANTHROPIC: {"container": MARK}},
    Feature(name="context edited by the upstream"): {
        ANTHROPIC: {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
        RESPONSES: {"context_management": [{"type": "compaction"}]},
    },
    Feature(name="labels of the bill"): {GEMINI: {"labels": {"zq": "zq"}}},
    Feature(name="speech settings"): {GEMINI: {"generationConfig": {"speechConfig": {"languageCode": "de"}}}},
    Feature(name="settings of a local server"): {OLLAMA: {"options": {"num_ctx": 4096}, "keep_alive": "5m"}},
    Feature(name="a member nobody knows"): {dialect: {"zq_unknown": 1} for dialect in DIALECTS},
    Feature(name="a member nobody knows, in a part"): unknown_within(_UNKNOWN),
    Feature(name="a member nobody knows, in a message"): _unknown_beside(),
    Feature(name="a member nobody knows, in a call"): _unknown_in("call"),
    Feature(name="a member nobody knows, in a result"): _unknown_in("result"),
    Feature(name="a member nobody knows, in a tool"): _unknown_in_tool(),
    Feature(name="a member nobody knows, in a configuration"): {
        CHAT: {"stream_options": _UNKNOWN},
        RESPONSES: {"text": _UNKNOWN},
        ANTHROPIC: {"output_config": _UNKNOWN},
        GEMINI: {"generationConfig": _UNKNOWN},
        OLLAMA: {"options": _UNKNOWN},
    },
}
