"""The counting endpoints: one dialect's request in, the number of its input tokens out.

Rules of this file: no account and no upstream is asked; a count is an estimate and its headers say so.  What a dialect
calls things is its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.gateway.adding.tools import ToolsOf, added_notes, with_tools
from codex_proxy.operations.token_count import TokenCounting
from codex_proxy.protocols.base import InvalidRequest, ParsedRequest, WireReply
from codex_proxy.server.api.inference import STOPPING
from codex_proxy.server.api.notes_header import NOTES_HEADER, notes_value
from codex_proxy.server.body import BodyRefused, read_body
from codex_proxy.server.incoming import Incoming
from codex_proxy.server.registry import Draining, RunningExchanges
from codex_proxy.usage.counting.total import TokenCount


class ParseCountRequest(Protocol):
    """A dialect's reading of the question."""

    def __call__(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """The request to count; raises ``InvalidRequest``.  ``headers`` have lower-case names."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CountWords:
    """A dialect's words for counting; ``counted_field`` is the member of its answer that holds the number."""

    parse: ParseCountRequest
    encode: Callable[[int], WireReply]
    encode_failure: Callable[[Failure, str], WireReply]
    counted_field: str = "input_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountParts:
    """What every counting endpoint works with.  ``max_body_bytes`` gives what bounds the body, packed and unpacked.

    ``default_tools`` are offered with requests of a client key, by its id, and count with them.
    """

    counting: TokenCounting
    running: RunningExchanges
    max_body_bytes: Callable[[], int]
    default_tools: ToolsOf = lambda _: ()


class CountEndpoint:
    """Serves one dialect."""

    def __init__(self, words: CountWords, parts: CountParts) -> None:
        self._words = words
        self._parts = parts

    async def __call__(self, incoming: Incoming) -> None:
        """Answer one question."""
        try:
            async with self._parts.running.entered():
                await self._serve(incoming)
        except Draining:
            await incoming.reply(self._words.encode_failure(STOPPING, incoming.request_id))

    async def _serve(self, incoming: Incoming) -> None:
        try:
            body = await read_body(incoming.receive, incoming.headers, limit_bytes=self._parts.max_body_bytes())
            async with self._parts.counting.turns.one():
                parsed = self._words.parse(body, headers=incoming.headers)
        except BodyRefused as refused:
            reply = self._words.encode_failure(refused.failure, incoming.request_id)
            await incoming.reply(reply, unread=refused.unread)
            return
        except InvalidRequest as error:
            await incoming.reply(self._words.encode_failure(error.failure(), incoming.request_id))
            return
        request, added_count = with_tools(parsed.request, self._parts.default_tools(incoming.key_id), lite=False)
        count = await self._parts.counting.count(request)
        notes = (*parsed.notes, *added_notes(request, added_count), *estimate_notes(count, self._words.counted_field))
        incoming.common_headers[NOTES_HEADER] = notes_value(notes)
        await incoming.reply(self._words.encode(count.tokens))


def estimate_notes(count: TokenCount, counted_field: str) -> tuple[Note, ...]:
    """What a count owes to rules, and whether its text does as well."""
    by_rule = Note(
        path=counted_field, verdict=Verdict.APPROXIMATED, detail="items, tools and media are counted by rule"
    )
    if count.exact_text:
        return (by_rule,)
    by_size = Note(path=f"{counted_field}.text", verdict=Verdict.APPROXIMATED, detail="text is counted by its size")
    return by_rule, by_size
