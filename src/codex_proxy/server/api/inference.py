"""The inference endpoint: one dialect's request in, its answer out, streamed or whole.

Rules of this file: the client's leaving ends the exchange at once; failures before the status are HTTP errors, after
it the dialect's error frame.  Every other rule of a dialect is its codec's.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import Folder
from codex_proxy.canonical.request import Request
from codex_proxy.gateway.attempts.pictures import wants_links
from codex_proxy.gateway.exchange import Answering, ExchangeInput
from codex_proxy.gateway.ports import Accepted, Clock, Ids
from codex_proxy.gateway.prepare import ClientBody
from codex_proxy.gateway.prompts.estimates import PromptEstimates
from codex_proxy.protocols.base import (
    AnswerIds,
    AnyStep,
    InvalidRequest,
    ParsedRequest,
    PassedStep,
    ServerCodec,
    WireReply,
)
from codex_proxy.protocols.parts.asking.prompt_place import prompt_inline
from codex_proxy.server.api.notes_header import NOTES_HEADER, notes_value
from codex_proxy.server.asgi import ClientGone, watch_disconnect
from codex_proxy.server.body import BodyRefused, read_body
from codex_proxy.server.incoming import Incoming
from codex_proxy.server.registry import Draining, RunningExchanges
from codex_proxy.server.streaming import Pace, StreamResponder

_ANTHROPIC_PATHS: Final = ("/v1/messages", "/anthropic/")
_GEMINI_PATHS: Final = ("/v1beta/", "/gemini/")
_SHARED_PATH: Final = "/v1/models"

STOPPING: Final = Failure(
    kind=FailureKind.STOPPING, message="the gateway is stopping; try again shortly", retry_after_seconds=5
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceParts:
    """What every inference endpoint works with.

    ``max_body_bytes`` gives what bounds the body, packed and unpacked, ``link_base`` the beginning of links for a
    client.  ``prompts`` is there for dialects whose streams begin with the size of the prompt.  ``gap_seen`` hears of
    some of the seconds between two pieces of a stream.
    """

    gateway: Answering
    running: RunningExchanges
    clock: Clock
    ids: Ids
    pace: Callable[[], Pace]
    max_body_bytes: Callable[[], int]
    link_base: Callable[[Incoming], str] = lambda _: ""
    prompts: PromptEstimates | None = None
    gap_seen: Callable[[float], None] = lambda _: None


class InferenceEndpoint:
    """Serves one dialect."""

    def __init__(self, codec: ServerCodec, parts: InferenceParts) -> None:
        self._codec = codec
        self._parts = parts

    async def __call__(self, incoming: Incoming) -> None:
        """Answer one request."""
        try:
            async with self._parts.running.entered():
                await self._serve(incoming)
        except Draining:
            await self._refuse(incoming, STOPPING)

    async def _serve(self, incoming: Incoming) -> None:
        try:
            body = ClientBody(
                await read_body(incoming.receive, incoming.headers, limit_bytes=self._parts.max_body_bytes())
            )
            parsed = self._codec.parse_request(body.content, headers=incoming.headers)
            inline = prompt_inline(incoming.headers)
        except BodyRefused as refused:
            reply = self._codec.encode_failure(refused.failure, request_id=incoming.request_id)
            await incoming.reply(reply, unread=refused.unread)
            return
        except InvalidRequest as error:
            await self._refuse(incoming, error.failure())
            return
        if not parsed.passable:
            body.let_go()
        if inline is not None:
            parsed = msgspec.structs.replace(
                parsed, request=msgspec.structs.replace(parsed.request, prompt_inline=inline)
            )
        await self._answer(incoming, parsed, body)

    async def _answer(self, incoming: Incoming, parsed: ParsedRequest, body: ClientBody) -> None:
        prompts = self._parts.prompts
        prompt = None if prompts is None else prompts.of(parsed.request, client_key_id=incoming.key_id)
        ids = AnswerIds(
            token=self._parts.ids.token(),
            created_at=int(self._parts.clock.now()),
            request_id=incoming.request_id,
            input_tokens_estimate=None if prompt is None else prompt.expected_tokens,
        )
        exchange = ExchangeInput(
            request=parsed.request,
            request_id=incoming.request_id,
            client_key_id=incoming.key_id,
            bound_to=incoming.bound_to,
            notes=parsed.notes,
            link_base=self._parts.link_base(incoming) if wants_links(parsed.request) else "",
            prompt=prompt,
            body=body,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                watcher = tasks.create_task(watch_disconnect(incoming.receive))
                if parsed.request.stream:
                    await self._stream(incoming, exchange, ids, tasks=tasks)
                else:
                    await self._whole(incoming, exchange, ids)
                watcher.cancel()
        except* ClientGone:
            raise ClientGone from None

    async def _stream(
        self, incoming: Incoming, exchange: ExchangeInput, ids: AnswerIds, *, tasks: asyncio.TaskGroup
    ) -> None:
        facts = AnswerFacts(incoming.common_headers)
        responder = StreamResponder(
            stream=self._codec.open_stream(exchange.request, ids),
            send=incoming.send,
            headers=facts.headers,
            pace=self._parts.pace(),
            monotonic=self._parts.clock.monotonic,
            gap_seen=self._parts.gap_seen,
        )
        pulse = tasks.create_task(responder.keep_alive())
        failure = await self._parts.gateway.run(exchange, _Streaming(responder, facts))
        pulse.cancel()
        if failure is None:
            await responder.finish()
        elif responder.status_sent:
            await responder.fail(failure)
        else:
            await self._refuse(incoming, failure, exchange.request)

    async def _whole(self, incoming: Incoming, exchange: ExchangeInput, ids: AnswerIds) -> None:
        facts = AnswerFacts(incoming.common_headers)
        collecting = _Collecting(facts)
        failure = await self._parts.gateway.run(exchange, collecting)
        if failure is not None:
            await self._refuse(incoming, failure, exchange.request)
            return
        if collecting.passed:
            reply = WireReply(status=200, body=collecting.passed)
        else:
            reply = self._codec.encode_response(exchange.request, collecting.folder.result(), ids)
        incoming.common_headers.update(facts.headers())
        await incoming.reply(reply)

    async def _refuse(self, incoming: Incoming, failure: Failure, request: Request | None = None) -> None:
        reply = self._codec.encode_failure(failure, request_id=incoming.request_id, request=request)
        await incoming.reply(reply)


class AnswerFacts:
    """Reply headers that are known only once an upstream accepted the request."""

    def __init__(self, common_headers: Mapping[str, str]) -> None:
        self._common = common_headers
        self._accepted: Accepted | None = None

    def accepted(self, accepted: Accepted) -> None:
        """Note which model and account serve."""
        self._accepted = accepted

    def headers(self) -> dict[str, str]:
        """The headers as far as they are known now."""
        headers = dict(self._common)
        accepted = self._accepted
        if accepted is not None:
            headers["x-codex-proxy-model"] = accepted.model
            if accepted.vendor is not None:
                headers["x-codex-proxy-vendor"] = accepted.vendor
            elif accepted.account_row_id is not None:
                headers["x-codex-proxy-account"] = hashlib.sha256(accepted.account_row_id.encode()).hexdigest()[:12]
            headers.update(accepted.relay)
            headers.update(accepted.limits)
            notes = notes_value(accepted.notes)
            if notes:
                headers[NOTES_HEADER] = notes
        return headers


class _Streaming:
    """A gateway responder that writes as it comes."""

    def __init__(self, responder: StreamResponder, facts: AnswerFacts) -> None:
        self.accepted: Callable[[Accepted], None] = facts.accepted
        self.deliver = responder.deliver


class _Collecting:
    """A gateway responder that folds."""

    def __init__(self, facts: AnswerFacts) -> None:
        self.accepted: Callable[[Accepted], None] = facts.accepted
        self.folder = Folder()
        self.passed = b""

    async def deliver(self, steps: Sequence[AnyStep]) -> None:
        for step in steps:
            if isinstance(step, PassedStep):
                self.passed += step.raw
                continue
            for event in step.events:
                self.folder.add(event)


class FailureEncoder:
    """Failures that belong to no endpoint yet, in one dialect's words."""

    def __init__(self, codec: ServerCodec) -> None:
        self._codec = codec

    def __call__(self, failure: Failure, request_id: str) -> WireReply:
        """The reply to a failure."""
        return self._codec.encode_failure(failure, request_id=request_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailuresByCaller:
    """Failures that happen before an endpoint is known, in the words of whoever seems to call.

    The path decides, then the headers that only one vendor's clients send; everybody else reads OpenAI's words.
    """

    openai: FailureEncoder
    anthropic: FailureEncoder
    gemini: FailureEncoder

    def __call__(self, failure: Failure, incoming: Incoming) -> WireReply:
        """The reply to a failure."""
        return self._words(incoming)(failure, incoming.request_id)

    def _words(self, incoming: Incoming) -> FailureEncoder:
        path, headers = incoming.path, incoming.headers
        if path.startswith(_ANTHROPIC_PATHS):
            return self.anthropic
        if path.startswith(_GEMINI_PATHS):
            return self.gemini
        if path.startswith(_SHARED_PATH):
            if "anthropic-version" in headers:
                return self.anthropic
            if "x-goog-api-key" in headers or "x-goog-api-client" in headers:
                return self.gemini
        return self.openai
