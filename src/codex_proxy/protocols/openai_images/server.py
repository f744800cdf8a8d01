"""OpenAI's image endpoints in the server role: one codec for each of the two.

Rules of this file: stateless; a whole answer shows every picture that came, in order; words are not shown.
"""

from collections.abc import Mapping

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Hosted, JsonObject
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import AnswerIds, ParsedRequest, WireReply
from codex_proxy.protocols.openai_images.encoder import DISCONNECTED, NO_PICTURE, ImagesEncoder
from codex_proxy.protocols.openai_images.form import FormPart, members_of
from codex_proxy.protocols.openai_images.request import parse_members
from codex_proxy.protocols.openai_images.schema import (
    IMAGE_CALL,
    ImagesRequest,
    Task,
    Wanted,
    looks,
    picture_of,
    revised_prompt,
    usage_object,
)
from codex_proxy.protocols.parts.errors.openai_errors import error_reply
from codex_proxy.protocols.parts.json_text import decode_object, encode


class ImagesServer:
    """Implements ``ServerCodec`` for one task."""

    dialect = Dialect.OPENAI_IMAGES

    def __init__(self, task: Task) -> None:
        self._task = task

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """A JSON body; see ``ServerCodec``."""
        return parse_members(decode_object(body), self._task)

    def parse_form(self, parts: tuple[FormPart, ...]) -> ParsedRequest:
        """A form that has been cut into its parts; raises ``InvalidRequest``."""
        members, pictures = members_of(parts)
        return parse_members(members, self._task, pictures=pictures)

    def open_stream(self, request: Request, ids: AnswerIds) -> ImagesEncoder:
        """See ``ServerCodec``."""
        return ImagesEncoder(_wanted(request), created_at=ids.created_at)

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        """See ``ServerCodec``; an answer without a picture is a failure."""
        ending = response.ending
        if ending is None or isinstance(ending, ev.Failed):
            return error_reply(DISCONNECTED if ending is None else ending.failure)
        items = [
            part.block.item
            for part in response.parts
            if isinstance(part.block, Hosted) and part.block.kind == IMAGE_CALL and picture_of(part.block.item)
        ]
        if not items:
            return error_reply(NO_PICTURE)
        body: JsonObject = {
            "created": ids.created_at,
            "data": [(picture_of(item) or {}) | revised_prompt(item) for item in items],
        }
        body |= looks(_wanted(request), items[0])
        if response.usage is not None and response.usage.image is not None:
            body["usage"] = usage_object(response.usage.image)
        return WireReply(status=200, body=encode(body))

    def encode_failure(self, failure: Failure, *, request_id: str, request: Request | None = None) -> WireReply:
        """See ``ServerCodec``."""
        return error_reply(failure)


def _wanted(request: Request) -> Wanted:
    return request.wanted if isinstance(request, ImagesRequest) else Wanted()
