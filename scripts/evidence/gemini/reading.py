"""Chunks of a Gemini answer, as plain JSON, in the facts that every reader has to agree on.

Rules of this file: shares nothing with our codecs; what makes no sense is read over.
"""

from typing import Any

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from scripts.evidence.readers.answer import COMPLETED, FAILED, Answer, Call, Counts, number

_WHOLE = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED"})
_LENGTH = frozenset({"MAX_TOKENS"})
_FILTERED = frozenset({"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "MODEL_ARMOR"})
_GAVE_UP = frozenset(
    {
        "MALFORMED_FUNCTION_CALL",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
        "MALFORMED_RESPONSE",
        "MISSING_THOUGHT_SIGNATURE",
    }
)
_COUNTED = ("promptTokenCount", "totalTokenCount", "candidatesTokenCount")


def reading_of(chunks: list[JsonObject], *, error: str | None = None) -> Answer:
    """What these chunks say; ``error`` is what the reader raised in their midst."""
    answer = _Reading()
    for chunk in chunks:
        answer.take(chunk)
    return answer.result(error or answer.error)


class _Reading:
    def __init__(self) -> None:
        self.error: str | None = None
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._calls: list[JsonObject] = []
        self._hosted: list[str] = []
        self._finish: str | None = None
        self._blocked = False
        self._usage: Any = None
        self._searched = False

    def take(self, chunk: JsonObject) -> None:
        if self.error is not None:
            return
        if isinstance(chunk.get("error"), dict):
            self.error = str(chunk["error"].get("message"))
            return
        usage = chunk.get("usageMetadata")
        if isinstance(usage, dict) and any(name in usage for name in _COUNTED):
            self._usage = usage
        candidates = [one for one in chunk.get("candidates") or [] if isinstance(one, dict) and not one.get("index")]
        if not candidates and not self._finish:
            self._blocked = self._blocked or bool((chunk.get("promptFeedback") or {}).get("blockReason"))
        for candidate in candidates[:1]:
            self._candidate(candidate)

    def result(self, error: str | None) -> Answer:
        hosted = [*self._hosted, *(["web_search_call"] if self._searched else [])]
        return Answer(
            text="".join(self._texts),
            reasoning=("".join(self._thoughts),) if any(self._thoughts) else (),
            calls=tuple(
                Call(call_id=call["id"], name=call["name"], arguments=msgspec.json.encode(call["args"]).decode())
                for call in self._calls
            ),
            hosted=tuple(hosted),
            ending=FAILED if error is not None or self._blocked else _ending(self._finish),
            usage=_counts(self._usage),
            error=error,
        )

    def _candidate(self, candidate: JsonObject) -> None:
        for part in (candidate.get("content") or {}).get("parts") or []:
            self._part(part)
        self._finish = candidate.get("finishReason") or self._finish
        self._searched = self._searched or bool((candidate.get("groundingMetadata") or {}).get("webSearchQueries"))

    def _part(self, part: JsonObject) -> None:
        if "functionCall" in part:
            self._call(part["functionCall"])
        elif "executableCode" in part:
            self._hosted.append("code_interpreter_call")
        elif str((part.get("inlineData") or {}).get("mimeType")).startswith("image/"):
            self._hosted.append("image_generation_call")
        else:
            (self._thoughts if part.get("thought") else self._texts).append(part.get("text") or "")

    def _call(self, call: JsonObject) -> None:
        """A whole call, or more of the last one: its members come one after another, strings in pieces."""
        if call.get("name"):
            self._calls.append({"id": call.get("id"), "name": call["name"], "args": dict(call.get("args") or {})})
        for piece in call.get("partialArgs") or []:
            args, name = self._calls[-1]["args"], piece["jsonPath"].removeprefix("$.")
            args[name] = args.get(name, "") + piece["stringValue"]


def _ending(finish: str | None) -> str:
    if finish is None or finish in _GAVE_UP:
        return FAILED
    if finish in _LENGTH:
        return "incomplete:max_output_tokens"
    if finish in _FILTERED or finish.startswith("IMAGE_"):
        return "incomplete:content_filter"
    return COMPLETED if finish in _WHOLE else f"incomplete:{finish.lower()}"


def _counts(usage: Any) -> Counts | None:
    if not isinstance(usage, dict):
        return None
    thoughts = number(usage, "thoughtsTokenCount")
    return Counts(
        input=number(usage, "promptTokenCount") + number(usage, "toolUsePromptTokenCount"),
        cached=number(usage, "cachedContentTokenCount"),
        output=number(usage, "candidatesTokenCount") + thoughts,
        reasoning=thoughts,
    )
