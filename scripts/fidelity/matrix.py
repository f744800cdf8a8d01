"""The whole matrix: every feature of requests and of answers, in every client dialect."""

from dataclasses import replace
from typing import Any

from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import ServerCodec
from codex_proxy.protocols.gemini.schema import Verb
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.ollama.server import OllamaServer
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from scripts.fidelity.answers import FEATURES as ANSWERS
from scripts.fidelity.answers import fate_of_answer
from scripts.fidelity.requests import ANTHROPIC, BASES, CHAT, FEATURES, GEMINI, OLLAMA, RESPONSES, merged
from scripts.fidelity.verdicts import Fate, Feature, fate_of_request, try_request

CODECS: dict[str, ServerCodec] = {
    CHAT: ChatServer(),
    RESPONSES: ResponsesServer(),
    ANTHROPIC: AnthropicServer(),
    GEMINI: GeminiServer(model="gpt-5.4"),
    OLLAMA: OllamaServer(),
}
ANSWER_CODECS: dict[str, ServerCodec] = {**CODECS, GEMINI: GeminiServer(model="gpt-5.4", verb=Verb.STREAM)}
HEADERS = {ANTHROPIC: {"anthropic-version": "2023-06-01"}}


def request_matrix() -> dict[str, dict[str, Fate]]:
    """Fate by feature and dialect."""
    found: dict[str, dict[str, Fate]] = {}
    for feature, fragments in FEATURES.items():
        found[feature.name] = {
            dialect: _fate(dialect, feature, fragments[dialect]) if dialect in fragments else Fate.ABSENT
            for dialect in CODECS
        }
    return found


def _fate(dialect: str, feature: Feature, fragment: dict[str, Any]) -> Fate:
    base, headers = BASES[dialect], HEADERS.get(dialect, {})
    tried = try_request(CODECS[dialect], merged(base, fragment), headers)
    usual = try_request(CODECS[dialect], base, headers).notes
    if not fragment.keys() <= base.keys():  # where the base has the feature itself, its note is no usual one
        tried = replace(tried, notes=tried.notes - usual)
    return fate_of_request(feature, tried)


def answer_matrix() -> dict[str, dict[str, Fate]]:
    """Fate by feature and dialect."""
    return {
        feature.name: {dialect: fate_of_answer(dialect, codec, feature) for dialect, codec in ANSWER_CODECS.items()}
        for feature in ANSWERS
    }
