"""Forms with files, cut into their parts.

Rules of this file: everything stays in memory.  Source: RFC 7578.
"""

from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_images.form import FormPart
from codex_proxy.simulator.incoming import Incoming

_FORM: Final = b"multipart/form-data"


def is_form(incoming: Incoming) -> bool:
    """Whether the body is a form with files."""
    return parse_options_header(incoming.headers.get("content-type", ""))[0] == _FORM


def read_form(incoming: Incoming) -> tuple[FormPart, ...]:
    """The parts in order.

    Raises:
        InvalidRequest: this is no whole form.
    """
    boundary = parse_options_header(incoming.headers.get("content-type", ""))[1].get(b"boundary", b"")
    reading = _Reading()
    try:
        parser = MultipartParser(boundary, reading.callbacks)  # type: ignore[arg-type]  # a dict of bound methods
        parser.write(incoming.raw)
        parser.finalize()
    except FormParserError:
        raise InvalidRequest("", "the body is no multipart form") from None
    if not reading.is_whole:
        raise InvalidRequest("", "the form breaks off before its end")
    return tuple(reading.parts)


class _Reading:
    """A form on its way through the parser."""

    def __init__(self) -> None:
        self.parts: list[FormPart] = []
        self.is_whole = False
        self._header = self._value = self._content = b""
        self._name = ""
        self.callbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._take_header,
            "on_header_value": self._take_value,
            "on_header_end": self._end_header,
            "on_part_data": self._take_content,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._name, self._content = "", b""

    def _take_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _take_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._name = parse_options_header(self._value)[1].get(b"name", b"").decode("utf-8", "replace")
        self._header = self._value = b""

    def _take_content(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def _end_part(self) -> None:
        self.parts.append(FormPart(name=self._name, content=self._content))

    def _end(self) -> None:
        self.is_whole = True
