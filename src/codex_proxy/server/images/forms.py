"""Forms with files, cut into their parts; and image requests that come as one.

Rules of this file: everything stays in memory, within the limit of the body; a form of too many parts is refused.
"""

from collections.abc import Mapping
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.base import AnswerIds, InvalidRequest, ParsedRequest, ServerStream, WireReply
from codex_proxy.protocols.openai_images.form import FormPart
from codex_proxy.protocols.openai_images.server import ImagesServer

MOST_PARTS: Final = 64

_FORM: Final = b"multipart/form-data"


class JsonOrForm:
    """A ``ServerCodec`` that reads image requests in either of the two forms that SDKs send."""

    dialect = Dialect.OPENAI_IMAGES

    def __init__(self, codec: ImagesServer) -> None:
        self._codec = codec

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """See ``ServerCodec``."""
        kind, options = parse_options_header(headers.get("content-type", ""))
        if kind != _FORM:
            return self._codec.parse_request(body, headers=headers)
        return self._codec.parse_form(read_form(body, options.get(b"boundary", b"")))

    def open_stream(self, request: Request, ids: AnswerIds) -> ServerStream:
        """See ``ServerCodec``."""
        return self._codec.open_stream(request, ids)

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        """See ``ServerCodec``."""
        return self._codec.encode_response(request, response, ids)

    def encode_failure(self, failure: Failure, *, request_id: str, request: Request | None = None) -> WireReply:
        """See ``ServerCodec``."""
        return self._codec.encode_failure(failure, request_id=request_id)


def read_form(body: bytes, boundary: bytes) -> tuple[FormPart, ...]:
    """The parts of a form, in order.

    Raises:
        InvalidRequest: it has no boundary, no end or too many parts, or a part has no name.
    """
    if not boundary:
        raise InvalidRequest("", "the form has no boundary", code="invalid_form")
    reading = _Reading()
    try:
        parser = MultipartParser(boundary, reading.callbacks)  # type: ignore[arg-type]  # a dict of bound methods
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise InvalidRequest("", "the body is no multipart form", code="invalid_form") from None
    if not reading.ended:
        raise InvalidRequest("", "the form breaks off before its end", code="invalid_form")
    return tuple(reading.parts)


class _Reading:
    """A form on its way through the parser."""

    def __init__(self) -> None:
        self.parts: list[FormPart] = []
        self.ended = False
        self._header: list[bytes] = []
        self._value: list[bytes] = []
        self._name: bytes | None = None
        self._content: list[bytes] = []
        self.callbacks = {
            "on_part_begin": self._part_begins,
            "on_header_field": lambda data, start, end: self._header.append(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.append(data[start:end]),
            "on_header_end": self._header_ends,
            "on_part_data": lambda data, start, end: self._content.append(data[start:end]),
            "on_part_end": self._part_ends,
            "on_end": self._end,
        }

    def _part_begins(self) -> None:
        if len(self.parts) >= MOST_PARTS:
            raise InvalidRequest("", f"the form has more than {MOST_PARTS} parts", code="invalid_form")
        self._name, self._content = None, []

    def _header_ends(self) -> None:
        header, value = b"".join(self._header), b"".join(self._value)
        self._header, self._value = [], []
        if header.lower() == b"content-disposition":
            self._name = parse_options_header(value)[1].get(b"name")

    def _part_ends(self) -> None:
        if not self._name:
            raise InvalidRequest("", "a part of the form has no name", code="invalid_form")
        name = self._name.decode("utf-8", "replace")
        self.parts.append(FormPart(name=name, content=b"".join(self._content)))

    def _end(self) -> None:
        self.ended = True
