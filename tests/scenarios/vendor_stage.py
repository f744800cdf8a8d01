"""A whole gateway over the simulated vendors, one for each wire, asked by clients of every dialect."""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from codex_proxy.bootstrap.simulated import simulated_backend, simulated_vendor
from codex_proxy.canonical.request import Dialect
from codex_proxy.simulator.scenario import parse_scenario
from scripts.fidelity.verdicts import PIXEL
from tests.scenarios.stage import Stage, stage_over

MODEL = "m-1"
WIRES = ("chat", "responses", "anthropic", "gemini")
DIALECTS = (Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC, Dialect.GEMINI, Dialect.OLLAMA)
SHAPE = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"], "additionalProperties": False}
SECRETS = {wire: (f"sk-first-key-of-{wire}", f"sk-second-key-of-{wire}") for wire in WIRES}


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorStage:
    """``play`` is the gateway; the journal tells what the vendors were asked."""

    play: Stage
    base_url: str

    async def ask(
        self, dialect: Dialect, wire: str, text: str = "hello", *, stream: bool = False, **wanted: Any
    ) -> tuple[int, bytes]:
        """A question to the vendor of this wire; ``wanted`` are ``picture``, ``tools``, ``shaped``, ``thinks``."""
        path, body = question(dialect, f"{wire}:{MODEL}", text, stream=stream, **wanted)
        url = f"{self.play.bridge_url}{path}" if dialect is Dialect.OLLAMA else path
        reply = await self.play.client.post(url, json=body)
        return reply.status_code, reply.content

    async def calls(self) -> list[dict[str, Any]]:
        """What the vendors were asked and what they answered, oldest first."""
        told = (await self.play.backend.get(f"{self.base_url}/__vendors")).json()["calls"]
        decoded = {"raw", "answered"}
        return [
            {name: base64.b64decode(value) if name in decoded else value for name, value in call.items()}
            for call in told
        ]

    async def forget(self) -> None:
        await self.play.backend.post(f"{self.base_url}/__vendors/clear")


@asynccontextmanager
async def vendor_stage(
    data_dir: Path, scenario: str, *, settings: Mapping[str, Any] | None = None, keys: int = 1
) -> AsyncIterator[VendorStage]:
    """The gateway with ``keys`` keys of each of the scenario's vendors ``chat``, ``responses`` and so on."""
    async with simulated_backend(parse_scenario(scenario)) as base_url:
        told = {"providers": {"custom": _providers(base_url, keys)}, **(settings or {})}
        with (data_dir / "local.yaml").open("w") as file:
            YAML().dump(told, file)
        environ = {"OLLAMA__ENABLED": "true", "OLLAMA__PORT": "0"}
        async with stage_over(base_url, data_dir, environ) as play:
            yield VendorStage(play=play, base_url=base_url)


def _providers(base_url: str, keys: int) -> dict[str, Any]:
    return {
        wire if number == 0 else f"{wire}{number}": {
            "base_url": simulated_vendor(base_url, wire, version="v1beta" if wire == "gemini" else "v1"),
            "wire": wire,
            "api_key": SECRETS[wire][number],
            "allow_private": True,
            "models": [MODEL if keys == 1 else f"{wire}-model"],
        }
        for wire in WIRES
        for number in range(keys)
    }


def question(
    dialect: Dialect,
    model: str,
    text: str,
    *,
    stream: bool,
    picture: bool = False,
    tools: bool = False,
    shaped: bool = False,
    thinks: bool = False,
) -> tuple[str, dict[str, Any]]:
    """Path and body of a question in this dialect."""
    match dialect:
        case Dialect.OPENAI_CHAT:
            return "/v1/chat/completions", _chat(model, text, stream, picture, tools, shaped, thinks)
        case Dialect.OPENAI_RESPONSES:
            return "/v1/responses", _responses(model, text, stream, picture, tools, shaped, thinks)
        case Dialect.ANTHROPIC:
            return "/v1/messages", _anthropic(model, text, stream, picture, tools, shaped, thinks)
        case Dialect.GEMINI:
            verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
            return f"/v1beta/models/{model}:{verb}", _gemini(text, picture, tools, shaped, thinks)
        case _:
            return "/api/chat", _ollama(model, text, stream, picture, tools, shaped, thinks)


def _chat(
    model: str, text: str, stream: bool, picture: bool, tools: bool, shaped: bool, thinks: bool
) -> dict[str, Any]:
    shown = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}] if picture else []
    content = [{"type": "text", "text": text}, *shown]
    body: dict[str, Any] = {"model": model, "stream": stream, "messages": [{"role": "user", "content": content}]}
    if stream:
        body["stream_options"] = {"include_usage": True}
    if tools:
        body["tools"] = [{"type": "function", "function": {"name": "look", "parameters": SHAPE}}]
    if shaped:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "s", "schema": SHAPE, "strict": True}}
    if thinks:
        body["reasoning_effort"] = "high"
    return body


def _responses(
    model: str, text: str, stream: bool, picture: bool, tools: bool, shaped: bool, thinks: bool
) -> dict[str, Any]:
    shown = [{"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}"}] if picture else []
    turn = {"role": "user", "content": [{"type": "input_text", "text": text}, *shown]}
    body: dict[str, Any] = {"model": model, "stream": stream, "input": [turn]}
    if tools:
        body["tools"] = [{"type": "function", "name": "look", "parameters": SHAPE, "strict": True}]
    if shaped:
        body["text"] = {"format": {"type": "json_schema", "name": "s", "schema": SHAPE, "strict": True}}
    if thinks:
        body["reasoning"] = {"effort": "high", "summary": "auto"}
    return body


def _anthropic(
    model: str, text: str, stream: bool, picture: bool, tools: bool, shaped: bool, thinks: bool
) -> dict[str, Any]:
    source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    shown = [{"type": "image", "source": source}] if picture else []
    turn = {"role": "user", "content": [{"type": "text", "text": text}, *shown]}
    body: dict[str, Any] = {"model": model, "max_tokens": 4000, "stream": stream, "messages": [turn]}
    if tools:
        body["tools"] = [{"name": "look", "input_schema": SHAPE}]
    if shaped:
        body["output_config"] = {"format": {"type": "json_schema", "schema": SHAPE}}
    if thinks:
        body["thinking"] = {"type": "adaptive"}
    return body


def _gemini(text: str, picture: bool, tools: bool, shaped: bool, thinks: bool) -> dict[str, Any]:
    shown = [{"inlineData": {"mimeType": "image/png", "data": PIXEL}}] if picture else []
    body: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": text}, *shown]}]}
    config: dict[str, Any] = {"thinkingConfig": {"includeThoughts": True}} if thinks else {}
    if shaped:
        config |= {"responseMimeType": "application/json", "responseJsonSchema": SHAPE}
    if tools:
        body["tools"] = [{"functionDeclarations": [{"name": "look", "parametersJsonSchema": SHAPE}]}]
    return body | {"generationConfig": config} if config else body


def _ollama(
    model: str, text: str, stream: bool, picture: bool, tools: bool, shaped: bool, thinks: bool
) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "user", "content": text}
    if picture:
        message["images"] = [PIXEL]
    body: dict[str, Any] = {"model": model, "stream": stream, "messages": [message], "think": thinks}
    if tools:
        body["tools"] = [{"type": "function", "function": {"name": "look", "parameters": SHAPE}}]
    return body | {"format": SHAPE} if shaped else body


def said(text: str) -> Any:
    """JSON that an answer's text is."""
    return json.loads(text)
