"""A large request body: what parsing it and building the upstream's call costs, in every dialect.

The body has about 100,000 tokens: 40 tools with nested schemas, a long system prompt, and a conversation of questions,
tool calls and tool results, as a coding agent sends it. Measured beside it, in the same process and round, is
the standard library reading and writing the same JSON, so that a ratio holds on any machine.

Run as `python -m bench.bodies [--rounds N]`.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.upstream.answers import MODEL
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import ServerCodec
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from scripts.stand_in import stand_in_target

BYTES_PER_TOKEN = 3.6
WANTED_TOKENS = 100_000
TARGET_MS = 12.0
TOOL_COUNT, TURN_COUNT = 40, 60
WORDS = "the build failed because a module that imports the settings was loaded before they were read; see line 42. "


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Medians over the rounds, in ms of CPU time."""

    dialect: str
    body_bytes: int
    parse_ms: float
    build_ms: float
    stdlib_ms: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; answers 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.bodies", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args(arguments)
    print(f"{'dialect':<10} {'KB':>6} {'parse ms':>9} {'build ms':>9} {'both ms':>8} {'stdlib ms':>10} {'x stdlib':>9}")
    for dialect in CODECS:
        one = measure(dialect, rounds=options.rounds)
        both = one.parse_ms + one.build_ms
        verdict = "met" if both <= TARGET_MS else f"MISSED by {both / TARGET_MS - 1:.0%}"
        print(
            f"{dialect:<10} {one.body_bytes / 1000:6.0f} {one.parse_ms:9.2f} {one.build_ms:9.2f} {both:8.2f} "
            f"{one.stdlib_ms:10.2f} {both / one.stdlib_ms:9.2f}  at most {TARGET_MS:g} ms: {verdict}"
        )
    return 0


def measure(dialect: str, *, rounds: int) -> Figures:
    """Parse and build in turn with the standard library's loads and dumps."""
    codec, client = CODECS[dialect](), CodexClient()
    target = stand_in_target(ModelFacts(slug=MODEL, efforts=("low", "medium", "high")))
    body = json.dumps(BODIES[dialect]()).encode()
    request = codec.parse_request(body, headers={}).request
    figures: dict[str, list[float]] = {"parse": [], "build": [], "stdlib": []}
    for _ in range(rounds):
        figures["parse"].append(_cpu_ms(lambda: codec.parse_request(body, headers={})))
        figures["build"].append(_cpu_ms(lambda: client.build_call(request, target)))
        figures["stdlib"].append(_cpu_ms(lambda: json.dumps(json.loads(body))))
    parse, build, stdlib = (statistics.median(values) for values in figures.values())
    return Figures(dialect=dialect, body_bytes=len(body), parse_ms=parse, build_ms=build, stdlib_ms=stdlib)


def _cpu_ms(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000


def _text(kilobytes: float) -> str:
    return (WORDS * (int(kilobytes * 1000 / len(WORDS)) + 1))[: int(kilobytes * 1000)]


def _schema(place: int) -> dict[str, object]:
    option = {
        "type": "object",
        "description": _text(0.1),
        "properties": {"name": {"type": "string"}, "depth": {"type": "integer", "minimum": 0}},
        "required": ["name"],
        "additionalProperties": False,
    }
    properties = {
        "path": {"type": "string", "description": _text(0.2)},
        "mode": {"type": "string", "enum": ["read", "write", f"mode-{place}"]},
        "options": {"type": "array", "items": option},
    }
    return {"type": "object", "properties": properties, "required": ["path"], "additionalProperties": False}


def _turns() -> list[tuple[str, str, str]]:
    """Question, tool arguments and tool result of every turn; together they fill what the tools leave."""
    tools_bytes = TOOL_COUNT * (len(json.dumps(_schema(0))) + 700)
    each_kilobytes = (WANTED_TOKENS * BYTES_PER_TOKEN - tools_bytes - 12_000) / TURN_COUNT / 1000
    arguments = json.dumps({"path": "src/module.py", "mode": "read"})
    return [(_text(each_kilobytes * 0.2), arguments, _text(each_kilobytes * 0.8)) for _ in range(TURN_COUNT)]


def _chat() -> dict[str, object]:
    messages: list[dict[str, object]] = [{"role": "system", "content": _text(12)}]
    for place, (question, arguments, result) in enumerate(_turns()):
        function = {"name": f"tool_{place % TOOL_COUNT}", "arguments": arguments}
        call = {"id": f"call_{place}", "type": "function", "function": function}
        messages += [
            {"role": "user", "content": question},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": f"call_{place}", "content": result},
        ]
    functions = [
        {"name": f"tool_{place}", "description": _text(0.6), "parameters": _schema(place)}
        for place in range(TOOL_COUNT)
    ]
    tools = [{"type": "function", "function": function} for function in functions]
    return {"model": MODEL, "stream": True, "messages": messages, "tools": tools}


def _responses() -> dict[str, object]:
    items: list[dict[str, object]] = []
    for place, (question, arguments, result) in enumerate(_turns()):
        call_id, name = f"call_{place}", f"tool_{place % TOOL_COUNT}"
        items += [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": question}]},
            {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments},
            {"type": "function_call_output", "call_id": call_id, "output": result},
        ]
    tools = [
        {"type": "function", "name": f"tool_{place}", "description": _text(0.6), "parameters": _schema(place)}
        for place in range(TOOL_COUNT)
    ]
    return {"model": MODEL, "stream": True, "instructions": _text(12), "input": items, "tools": tools}


def _anthropic() -> dict[str, object]:
    messages: list[dict[str, object]] = []
    for place, (question, arguments, result) in enumerate(_turns()):
        call_id, name = f"toolu_{place}", f"tool_{place % TOOL_COUNT}"
        call = {"type": "tool_use", "id": call_id, "name": name, "input": json.loads(arguments)}
        messages += [
            {"role": "user", "content": [{"type": "text", "text": question}]},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call_id, "content": result}]},
        ]
    tools = [
        {"name": f"tool_{place}", "description": _text(0.6), "input_schema": _schema(place)}
        for place in range(TOOL_COUNT)
    ]
    system = [{"type": "text", "text": _text(12), "cache_control": {"type": "ephemeral"}}]
    shared = {"model": MODEL, "stream": True, "max_tokens": 32_000, "system": system}
    return {**shared, "messages": messages, "tools": tools}


def _gemini() -> dict[str, object]:
    contents: list[dict[str, object]] = []
    for place, (question, arguments, result) in enumerate(_turns()):
        call_id, name = f"call_{place}", f"tool_{place % TOOL_COUNT}"
        answer = {"id": call_id, "name": name, "response": {"output": result}}
        contents += [
            {"role": "user", "parts": [{"text": question}]},
            {
                "role": "model",
                "parts": [{"functionCall": {"id": call_id, "name": name, "args": json.loads(arguments)}}],
            },
            {"role": "user", "parts": [{"functionResponse": answer}]},
        ]
    functions = [
        {"name": f"tool_{place}", "description": _text(0.6), "parametersJsonSchema": _schema(place)}
        for place in range(TOOL_COUNT)
    ]
    instruction = {"parts": [{"text": _text(12)}]}
    return {"systemInstruction": instruction, "contents": contents, "tools": [{"functionDeclarations": functions}]}


BODIES: dict[str, Callable[[], dict[str, object]]] = {
    "chat": _chat,
    "responses": _responses,
    "anthropic": _anthropic,
    "gemini": _gemini,
}
CODECS: dict[str, Callable[[], ServerCodec]] = {
    "chat": ChatServer,
    "responses": ResponsesServer,
    "anthropic": AnthropicServer,
    "gemini": lambda: GeminiServer(model=MODEL, verb=Verb.STREAM),
}

if __name__ == "__main__":
    raise SystemExit(main())
