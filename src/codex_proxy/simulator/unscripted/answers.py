"""What the simulated model answers without a script: sensible, deterministic, and dependent on what was asked.

Rules of this file: pure; the same request gives the same answer.  A tool is called once for a user's message, then
its output is answered with its digest, so that a test can tell that it really came through.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject, ToolKind
from codex_proxy.canonical.usage import Usage
from codex_proxy.simulator.unscripted.facts import Facts
from codex_proxy.simulator.unscripted.pictures import IMAGE_TOOL, image_usage, picture_events
from codex_proxy.simulator.unscripted.schema_values import value_for

_WORDS: Final = re.compile(r"\s*\S+")
_QUOTED: Final = re.compile(r"[\"'“]([^\"'”]{1,40})[\"'”]")
_SEVERAL: Final = re.compile(r"\b(?:both|two|each|parallel)\b", re.IGNORECASE)
_SHOWN: Final = 80
_BYTES_PER_TOKEN: Final = 4


def answer(facts: Facts, signature: str) -> list[ev.Event]:
    """The events of the answer, without start, usage and end."""
    out: list[ev.Event] = []
    if _thinks(facts):
        out += thinking(0, ("Considering the request", f"{len(facts.last_user_text)} characters"), signature)
    first = 1 if out else 0
    hosted = list(_hosted(facts, first))
    if hosted:
        out += hosted
        out += text(first + 1, f"Done: {facts.last_user_text[:_SHOWN]}")
    elif calls := _calls(facts):
        out += tool_calls(first, calls)
    else:
        out += text(first, _words(facts))
    return out


def text(block: int, words: str) -> Iterator[ev.Event]:
    """A message of word-sized deltas."""
    yield ev.TextStarted(block=block, phase="final_answer")
    for piece in _WORDS.findall(words) or ([words] if words else []):
        yield ev.TextDelta(block=block, text=piece)
    yield ev.TextEnded(block=block, text="".join(_WORDS.findall(words)) or words)


def thinking(block: int, parts: Sequence[str], signature: str | None) -> Iterator[ev.Event]:
    """A reasoning item of summary parts."""
    yield ev.ThinkingStarted(block=block)
    for number, part in enumerate(parts):
        for piece in _WORDS.findall(part):
            yield ev.ThinkingDelta(block=block, text=piece, part=number)
    joined = tuple("".join(_WORDS.findall(part)) for part in parts)
    yield ev.ThinkingEnded(block=block, summary=joined, signature=signature)


def tool_calls(first: int, calls: Sequence[ev.ToolCallEnded | JsonObject]) -> Iterator[ev.Event]:
    """Calls whose argument deltas interleave, as parallel calls do."""
    made = [call for call in calls if isinstance(call, dict)]
    for number, call in enumerate(made):
        yield ev.ToolCallStarted(
            block=first + number,
            call_id=call["call_id"],
            name=call["name"],
            kind=ToolKind(call.get("kind", "function")),
            namespace=call.get("namespace"),
        )
    halves = [(call["text"][: len(call["text"]) // 2], call["text"][len(call["text"]) // 2 :]) for call in made]
    for half in range(2):
        for number, pieces in enumerate(halves):
            if pieces[half]:
                yield ev.ToolCallDelta(block=first + number, text=pieces[half])
    for number, call in enumerate(made):
        yield ev.ToolCallEnded(block=first + number, arguments=call["text"])


def hosted_item(block: int, item: JsonObject) -> Iterator[ev.Event]:
    """An item of a tool that the backend runs."""
    announced = {name: value for name, value in item.items() if name not in {"result", "action"}}
    yield ev.HostedStarted(
        block=block, kind=item["type"], item=announced | {"status": "in_progress"}, item_id=item["id"]
    )
    yield ev.HostedEnded(block=block, kind=item["type"], item=item)


def usage_of(facts: Facts, events: Sequence[ev.Event]) -> Usage:
    """Deterministic token counts: a quarter of the bytes, half of a long prompt cached."""
    input_tokens = len(msgspec.json.encode(facts.body)) // _BYTES_PER_TOKEN + 1
    spoken = sum(len(event.text) for event in events if isinstance(event, ev.TextDelta | ev.ToolCallDelta))
    thought = sum(len(event.text) for event in events if isinstance(event, ev.ThinkingDelta))
    reasoning = thought // _BYTES_PER_TOKEN
    return Usage(
        input_tokens=input_tokens,
        cached_tokens=input_tokens // 2 if input_tokens > 1024 else 0,
        output_tokens=spoken // _BYTES_PER_TOKEN + 1 + reasoning,
        reasoning_tokens=reasoning,
        image=image_usage(facts, events),
    )


def _words(facts: Facts) -> str:
    format_ = (facts.body.get("text") or {}).get("format") or {}
    if format_.get("type") == "json_schema":
        return msgspec.json.encode(value_for(format_.get("schema"), text=_topic(facts))).decode()
    if format_.get("type") == "json_object":
        return msgspec.json.encode({"answer": _topic(facts)}).decode()
    if facts.tool_outputs:
        digests = ", ".join(hashlib.sha256(output.encode()).hexdigest() for output in facts.tool_outputs)
        return f"The tool answered; sha256 of its output: {digests}"
    if facts.images:
        return "I see " + " and ".join(_picture(part) for part in facts.images) + "."
    if not facts.last_user_text:
        return "Hello from the simulated backend."
    return f"You said: {facts.last_user_text[:_SHOWN]}. This is the simulated {facts.model} speaking."


def _topic(facts: Facts) -> str:
    return (facts.last_user_text or facts.tool_output or "simulated")[:_SHOWN]


def _picture(part: JsonObject) -> str:
    url = str(part.get("image_url", ""))
    if not url.startswith("data:"):
        return "a picture at a web address"
    media_type, _, data = url.removeprefix("data:").partition(";base64,")
    return f"a picture of type {media_type} and {len(data) * 3 // 4 - data.count('=')} bytes"


def _thinks(facts: Facts) -> bool:
    reasoning = facts.body.get("reasoning") or {}
    return reasoning.get("effort") != "none" and bool(reasoning.get("summary") or reasoning.get("effort"))


def _calls(facts: Facts) -> list[JsonObject]:
    choice = facts.body.get("tool_choice", "auto")
    if facts.tool_outputs or choice == "none":
        return []
    suitable = [tool for tool in facts.tools if tool.get("type") in {"function", "custom"}]
    if isinstance(choice, dict) and isinstance(choice.get("name"), str):
        suitable = [tool for tool in suitable if tool.get("name") == choice["name"]]
    if not suitable:
        return []
    topics = _QUOTED.findall(facts.last_user_text)
    several = facts.body.get("parallel_tool_calls") is True and bool(_SEVERAL.search(facts.last_user_text))
    count = 2 if several or (len(topics) > 1 and facts.body.get("parallel_tool_calls") is True) else 1
    return [_call(facts, suitable[0], number, topics) for number in range(count)]


def _call(facts: Facts, tool: JsonObject, number: int, topics: list[str]) -> JsonObject:
    topic = topics[number] if number < len(topics) else facts.last_user_text[:_SHOWN] or "simulated"
    call: JsonObject = {
        "call_id": f"call_{facts.seed[:20]}{number}",
        "name": tool["name"],
        "kind": tool["type"],
        "namespace": tool.get("namespace"),
    }
    if tool["type"] == "custom":
        return call | {"text": topic}
    arguments: Any = value_for(tool.get("parameters"), text=topic)
    return call | {"text": msgspec.json.encode(arguments if isinstance(arguments, dict) else {}).decode()}


def _hosted(facts: Facts, block: int) -> Iterator[ev.Event]:
    choice = facts.body.get("tool_choice")
    wanted = choice.get("type") if isinstance(choice, dict) else None
    kinds = {tool.get("type") for tool in facts.tools}
    alone = not kinds & {"function", "custom"}
    if IMAGE_TOOL in kinds and (alone or wanted == IMAGE_TOOL):
        yield from picture_events(facts, block)
    elif "web_search" in kinds and wanted == "web_search":
        action = {"type": "search", "query": _topic(facts)}
        item = {"id": f"ws_{facts.seed[:24]}", "type": "web_search_call", "status": "completed", "action": action}
        yield from hosted_item(block, item)
