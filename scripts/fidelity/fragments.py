"""How each dialect says something, as fragments that are merged into its smallest request.

Rules of this file: data. Source: the request references of the five APIs.
"""

from typing import Any

from codex_proxy.protocols.gemini.signing import write_signature
from codex_proxy.protocols.parts.signatures import RESPONSES as RESPONSES_ORIGIN
from codex_proxy.protocols.parts.signatures import seal
from scripts.fidelity.verdicts import MARK, PIXEL

Fragment = dict[str, Any]

CODEX, CHAT, RESPONSES, ANTHROPIC, GEMINI, OLLAMA = "codex", "chat", "responses", "anthropic", "gemini", "ollama"
DIALECTS = (CHAT, RESPONSES, ANTHROPIC, GEMINI, OLLAMA)

PDF = "JVBERi0xLjQKJSVFT0YK"
TOKEN = f"gAAAA-{MARK}"
SCHEMA = {"type": "object", "properties": {MARK: {"type": "string"}}, "required": [MARK], "additionalProperties": False}
NAME = "zq_tool"
OTHER = "zq_other"
RESULT = "the result"
DOMAIN = f"{MARK}.invalid"

BASES: dict[str, Fragment] = {
    CHAT: {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hello"}]},
    RESPONSES: {"model": "gpt-5.4", "input": [{"role": "user", "content": "hello"}]},
    ANTHROPIC: {"model": "gpt-5.4", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}]},
    GEMINI: {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]},
    OLLAMA: {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hello"}]},
}


CONVERSATION = frozenset({"messages", "input", "contents"})
"""Members that every request has, whatever feature they are to show."""


def chat_turns(*messages: Fragment) -> Fragment:
    """These messages and a last question."""
    return {"messages": [*messages, {"role": "user", "content": "go on"}]}


def input_items(*items: Fragment) -> Fragment:
    """These items and a last question."""
    return {"input": [*items, {"role": "user", "content": "go on"}]}


def content_turns(*turns: Fragment) -> Fragment:
    """These contents and a last question."""
    return {"contents": [*turns, {"role": "user", "parts": [{"text": "go on"}]}]}


def user_turn(*parts: Fragment) -> dict[str, Any]:
    """A message of the user with these parts."""
    return {"role": "user", "content": list(parts)}


def called(result: Any, **more: Any) -> dict[str, Fragment]:
    """A call and its result, in every dialect; `result` is the text that the tool gave."""
    arguments = f'{{"path":"{MARK}-argument"}}'
    function = {"name": NAME, "arguments": arguments}
    call = {"id": "c1", "type": "function", "function": function}
    parsed = {"path": f"{MARK}-argument"}
    used = {"type": "tool_use", "id": "c1", "name": NAME, "input": parsed}
    given = {"type": "tool_result", "tool_use_id": "c1", "content": result, **more}
    answer = {"functionResponse": {"id": "c1", "name": NAME, "response": {"output": result}}}
    return {
        CHAT: chat_turns(
            {"role": "user", "content": "look"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": result},
        ),
        RESPONSES: input_items(
            {"role": "user", "content": "look"},
            {"type": "function_call", "call_id": "c1", **function},
            {"type": "function_call_output", "call_id": "c1", "output": result},
        ),
        ANTHROPIC: chat_turns(
            {"role": "user", "content": "look"}, {"role": "assistant", "content": [used]}, user_turn(given)
        ),
        GEMINI: content_turns(
            {"role": "user", "parts": [{"text": "look"}]},
            {"role": "model", "parts": [{"functionCall": {"id": "c1", "name": NAME, "args": parsed}}]},
            {"role": "user", "parts": [answer]},
        ),
        OLLAMA: chat_turns(
            {"role": "user", "content": "look"},
            {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": NAME, "arguments": parsed}}]},
            {"role": "tool", "tool_name": NAME, "content": result},
        ),
    }


FUNCTION = {"name": NAME, "description": MARK, "parameters": SCHEMA}
CHAT_TOOLS = {"tools": [{"type": "function", "function": FUNCTION}]}
RESPONSES_TOOLS = {"tools": [{"type": "function", **FUNCTION}]}
ANTHROPIC_TOOLS = {"tools": [{"name": NAME, "description": MARK, "input_schema": SCHEMA}]}
GEMINI_TOOLS = {
    "tools": [{"functionDeclarations": [{"name": NAME, "description": MARK, "parametersJsonSchema": SCHEMA}]}]
}


def chosen(word: str) -> dict[str, Fragment]:
    """A choice among tools: ``none``, or ``required`` for any of them."""
    gemini = {"none": "NONE", "required": "ANY"}[word]
    return {
        CHAT: {**CHAT_TOOLS, "tool_choice": word},
        RESPONSES: {**RESPONSES_TOOLS, "tool_choice": word},
        ANTHROPIC: {**ANTHROPIC_TOOLS, "tool_choice": {"type": {"none": "none", "required": "any"}[word]}},
        GEMINI: {**GEMINI_TOOLS, "toolConfig": {"functionCallingConfig": {"mode": gemini}}},
    }


def strict_tools() -> dict[str, Fragment]:
    """A tool whose calls have to fit its schema."""
    return {
        CHAT: {"tools": [{"type": "function", "function": {**FUNCTION, "strict": True}}]},
        RESPONSES: {"tools": [{"type": "function", **FUNCTION, "strict": True}]},
        ANTHROPIC: {"tools": [{**tool, "strict": True} for tool in ANTHROPIC_TOOLS["tools"]]},
    }


def allowed() -> dict[str, Fragment]:
    """Two tools are offered, one of which has to be called."""
    other = {**FUNCTION, "name": OTHER}
    mode = {"mode": "required"}
    return {
        CHAT: {
            "tools": [*CHAT_TOOLS["tools"], {"type": "function", "function": other}],
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {**mode, "tools": [{"type": "function", "function": {"name": NAME}}]},
            },
        },
        RESPONSES: {
            "tools": [*RESPONSES_TOOLS["tools"], {"type": "function", **other}],
            "tool_choice": {"type": "allowed_tools", **mode, "tools": [{"type": "function", "name": NAME}]},
        },
    }


def uploaded() -> dict[str, Fragment]:
    """A file that the vendor keeps."""
    return {
        CHAT: {"messages": [user_turn({"type": "file", "file": {"file_id": "file-zq"}})]},
        RESPONSES: {"input": [user_turn({"type": "input_file", "file_id": "file-zq"})]},
        ANTHROPIC: {"messages": [user_turn({"type": "document", "source": {"type": "file", "file_id": "file-zq"}})]},
    }


def unknown_within(member: Fragment) -> dict[str, Fragment]:
    """A member in a part of the user's message, or in the message where that has no parts."""
    return {
        CHAT: {"messages": [user_turn({"type": "text", "text": "a", **member})]},
        RESPONSES: {"input": [user_turn({"type": "input_text", "text": "a", **member})]},
        ANTHROPIC: {"messages": [user_turn({"type": "text", "text": "a", **member})]},
        GEMINI: {"contents": [{"role": "user", "parts": [{"text": "a", **member}]}]},
        OLLAMA: {"messages": [{"role": "user", "content": "a", **member}]},
    }


def sampled(chat: str, value: Any, *, gemini: str | None = None, ollama: str | None = None) -> dict[str, Fragment]:
    """A member of the body, of Gemini's configuration and of Ollama's options."""
    found: dict[str, Fragment] = {CHAT: {chat: value}}
    if gemini is not None:
        found[GEMINI] = {"generationConfig": {gemini: value}}
    if ollama is not None:
        found[OLLAMA] = {"options": {ollama: value}}
    return found


def picture(detail: str) -> dict[str, Fragment]:
    """A picture in the message itself."""
    data_url = f"data:image/png;base64,{PIXEL}"
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    return {
        CHAT: {"messages": [user_turn({"type": "image_url", "image_url": {"url": data_url, "detail": detail}})]},
        RESPONSES: {"input": [user_turn({"type": "input_image", "image_url": data_url, "detail": detail})]},
        ANTHROPIC: {"messages": [user_turn({"type": "image", "source": source})]},
        GEMINI: {"contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "image/png", "data": PIXEL}}]}]},
        OLLAMA: {"messages": [{"role": "user", "content": "see", "images": [PIXEL]}]},
    }


def linked_picture() -> dict[str, Fragment]:
    """A picture that the message only links to."""
    url = f"https://example.invalid/{MARK}.png"
    file = {"fileUri": url, "mimeType": "image/png"}
    return {
        CHAT: {"messages": [user_turn({"type": "image_url", "image_url": {"url": url}})]},
        RESPONSES: {"input": [user_turn({"type": "input_image", "image_url": url})]},
        ANTHROPIC: {"messages": [user_turn({"type": "image", "source": {"type": "url", "url": url}})]},
        GEMINI: {"contents": [{"role": "user", "parts": [{"fileData": file}]}]},
    }


def document() -> dict[str, Fragment]:
    """A PDF in the message itself."""
    data_url = f"data:application/pdf;base64,{PDF}"
    file = {"filename": "a.pdf", "file_data": data_url}
    source = {"type": "base64", "media_type": "application/pdf", "data": PDF}
    return {
        CHAT: {"messages": [user_turn({"type": "file", "file": file})]},
        RESPONSES: {"input": [user_turn({"type": "input_file", **file})]},
        ANTHROPIC: {"messages": [user_turn({"type": "document", "source": source})]},
        GEMINI: {
            "contents": [{"role": "user", "parts": [{"inlineData": {"mimeType": "application/pdf", "data": PDF}}]}]
        },
    }


def thoughts() -> dict[str, Fragment]:
    """An earlier answer's encrypted thoughts, as the Responses family wrote them."""
    signature = seal(RESPONSES_ORIGIN, "rs_1", TOKEN)
    encoded = write_signature(TOKEN, origin=None, item_id="rs_1")
    detail = {"type": "reasoning.encrypted", "data": TOKEN, "id": "rs_1", "format": "openai-responses-v1", "index": 0}
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": TOKEN}
    thought = {"type": "thinking", "thinking": "hm", "signature": signature}
    return {
        CHAT: chat_turns({"role": "assistant", "content": "yes", "reasoning_details": [detail]}),
        RESPONSES: input_items(item),
        ANTHROPIC: chat_turns(
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": [thought, {"type": "text", "text": "yes"}]},
        ),
        GEMINI: content_turns({"role": "model", "parts": [{"text": "yes", "thoughtSignature": encoded}]}),
    }


def schema_output() -> dict[str, Fragment]:
    """An answer that has to fit a schema."""
    wanted = {"name": "n", "schema": SCHEMA, "strict": True}
    return {
        CHAT: {"response_format": {"type": "json_schema", "json_schema": wanted}},
        RESPONSES: {"text": {"format": {"type": "json_schema", **wanted}}},
        ANTHROPIC: {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        GEMINI: {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}},
        OLLAMA: {"format": SCHEMA},
    }


def merged(base: Fragment, fragment: Fragment) -> Fragment:
    """The base with the fragment's members; objects are merged, everything else is replaced."""
    made = dict(base)
    for name, value in fragment.items():
        held = made.get(name)
        made[name] = merged(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return made
