"""The whole matrix: every feature of requests and of answers, between every client dialect and every upstream."""

from dataclasses import replace
from functools import cache
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
from scripts.fidelity.fragments import ANTHROPIC, BASES, CHAT, CODEX, CONVERSATION, GEMINI, OLLAMA, RESPONSES, merged
from scripts.fidelity.requests import FEATURES
from scripts.fidelity.traces import trace_of
from scripts.fidelity.upstreams import try_request
from scripts.fidelity.verdicts import Fate, Feature, fate_of_request

CODECS: dict[str, ServerCodec] = {
    CHAT: ChatServer(),
    RESPONSES: ResponsesServer(),
    ANTHROPIC: AnthropicServer(),
    GEMINI: GeminiServer(model="gpt-5.4"),
    OLLAMA: OllamaServer(),
}
ANSWER_CODECS: dict[str, ServerCodec] = {**CODECS, GEMINI: GeminiServer(model="gpt-5.4", verb=Verb.STREAM)}
HEADERS = {ANTHROPIC: {"anthropic-version": "2023-06-01"}}


@cache
def request_matrix(upstream: str = CODEX, *, passes: bool = False) -> dict[str, dict[str, Fate]]:
    """Fate by feature and dialect, on the way to this upstream; ``passes`` as in ``try_request``."""
    found: dict[str, dict[str, Fate]] = {}
    for feature, fragments in FEATURES.items():
        found[feature.name] = {
            dialect: _fate(dialect, feature, fragments[dialect], upstream, passes=passes)
            if dialect in fragments
            else Fate.ABSENT
            for dialect in CODECS
        }
    return found


def _fate(dialect: str, feature: Feature, fragment: dict[str, Any], upstream: str, *, passes: bool) -> Fate:
    base, headers, codec = BASES[dialect], HEADERS.get(dialect, {}), CODECS[dialect]
    tried = try_request(codec, merged(base, fragment), headers, upstream=upstream, passes=passes)
    usual = try_request(codec, base, headers, upstream=upstream, passes=passes).notes
    if not fragment.keys() - CONVERSATION or fragment.keys() - base.keys():  # else the base has the feature itself
        tried = replace(tried, notes=tried.notes - usual)
    return fate_of_request(feature, trace_of(feature.name, upstream), tried)


@cache
def answer_matrix() -> dict[str, dict[str, Fate]]:
    """Fate by feature and dialect."""
    return {
        feature.name: {dialect: fate_of_answer(dialect, codec, feature) for dialect, codec in ANSWER_CODECS.items()}
        for feature in ANSWERS
    }
