"""Defects of recordings, not of ours: what a miss is excused by.

Rules of this file: an entry is keyed by a property of the recording, so that it holds for files nobody has seen; it
names the stage and the facts it excuses, and says why.  An entry that excuses nothing any more is deleted.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from scripts.evidence.recording import Form, Recording


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One defect: misses whose stage and reason match, where the recording and its reader have the property."""

    why: str
    stage: re.Pattern[str]
    reason: re.Pattern[str]
    applies: Callable[[Recording, str], bool]


def _unfinished(recording: Recording, _: str) -> bool:
    states = re.findall(rb'"status": ?"(queued|in_progress)"', recording.raw)
    return recording.form is Form.WHOLE and bool(states)


def _two_answers(recording: Recording, _: str) -> bool:
    return len(re.findall(rb'"type": ?"(?:response\.created|message_start)"', recording.raw)) > 1


def _deltas_contradict(recording: Recording, _: str) -> bool:
    """Whether the pieces of a text block do not join to the text that the stream then says it had."""
    joined: dict[tuple[object, object], str] = {}
    for line in recording.raw.splitlines():
        event = _event(line)
        place = (event.get("output_index"), event.get("content_index"))
        if event.get("type") == "response.output_text.delta":
            joined[place] = joined.get(place, "") + str(event.get("delta"))
        elif event.get("type") == "response.output_text.done" and joined.get(place, "") != event.get("text"):
            return True
    return False


def _event(line: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(line.removeprefix(b"data:"))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _asks_for(pattern: str) -> Callable[[Recording, str], bool]:
    """Whether the recorded request's body has this in its JSON text."""
    return lambda recording, _: re.search(pattern.encode(), msgspec.json.encode(recording.asked)) is not None


def _refusal(what: str, place: str, feature: str) -> Defect:
    return Defect(
        why=f"the request asks for what the gateway refuses: {what}",
        stage=re.compile("^request$"),
        reason=re.compile(f"^refused: {place}"),
        applies=_asks_for(feature),
    )


DEFECTS: tuple[Defect, ...] = (
    _refusal("several choices", "n:", r'"n":\d'),
    _refusal("a spoken answer", "modalities:", r'"modalities":\[[^]]*"audio"'),
    _refusal("an answer in the background", "background:", r'"background":true'),
    _refusal("a stored prompt", "prompt:", r'"prompt":'),
    _refusal("a stored conversation", "conversation:", r'"conversation":'),
    _refusal("a stored item", r"input\[\d+\]: earlier items", r'"item_reference"'),
    _refusal("remote MCP servers", "mcp_servers:", '"mcp_servers":'),
    _refusal("several candidates", "generationConfig.candidateCount:", r'"candidateCount":\d'),
    _refusal(
        "a tool that only Google runs", r"tools\[\d+\]\.\w+: this tool", '"(codeExecution|code_execution|fileSearch)":'
    ),
    _refusal("video", r"contents\S+ video", '"(mimeType|mime_type)":"video/'),
    _refusal("sound that stands elsewhere", r"contents\S+ sound", '"(mimeType|mime_type)":"audio/'),
    _refusal("an uploaded file", ".*file_data: is required", r'"file_id"'),
    Defect(
        why="a background answer that had not ended when it was recorded",
        stage=re.compile("."),
        reason=re.compile("^(ending|finish reason):"),
        applies=_unfinished,
    ),
    Defect(
        why="the stream's text pieces do not join to the text it ends with, which only a streaming client can see",
        stage=re.compile("^(across|stream|relayed)"),
        reason=re.compile("^text:"),
        applies=_deltas_contradict,
    ),
    Defect(
        why="the recorder gave results of hosted tools other ids than their calls have",
        stage=re.compile("^stream$"),
        reason=re.compile("^hosted items:"),
        applies=lambda recording, _: b'"tool_use_id":"toolu_REDACTED' in recording.raw.replace(b": ", b":"),
    ),
    Defect(
        why="the recorder cut the data of a picture, which the SDK decodes",
        stage=re.compile("^across to gemini"),
        reason=re.compile("^the SDK rejects what we wrote: ValidationError(.|\n)*base64"),
        applies=lambda recording, _: re.search(rb'"result": ?"[^"]*[^\w+/=-][^"]*"', recording.raw) is not None,
    ),
    Defect(
        why="the file holds two answers in one stream",
        stage=re.compile("."),
        reason=re.compile("."),
        applies=_two_answers,
    ),
    Defect(
        why="the SDK rejects the upstream's own stream, whose frames are relayed as they came",
        stage=re.compile("relayed"),
        reason=re.compile("^the SDK rejects what we wrote"),
        applies=lambda _, source: source.startswith("tolerant reader"),
    ),
)


def excuse(recording: Recording, source: str, *, stage: str, reason: str) -> str | None:
    """Why this miss is the recording's own fault, or None; ``source`` is the reader it was held against."""
    for defect in DEFECTS:
        if defect.stage.search(stage) and defect.reason.search(reason) and defect.applies(recording, source):
            return defect.why
    return None
