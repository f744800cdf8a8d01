"""Pictures as a stream: previews while they come, finished pictures with the token counts at the end.

Rules of this file: a finished picture waits for the counts, which its event carries; a stream that never ended is an
error, whatever was shown.  Source: OpenAI API reference, image streaming events; behaviour of openai-python 3.54.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.framing.sse import Frame, encode_comment, encode_frame
from codex_proxy.protocols.openai_images.schema import GRAMMAR, IMAGE_CALL, Wanted, looks, picture_of, usage_object
from codex_proxy.protocols.parts.answers.telling import Telling
from codex_proxy.protocols.parts.errors.openai_errors import error_object
from codex_proxy.protocols.parts.json_text import encode

if TYPE_CHECKING:
    from codex_proxy.canonical.usage import ImageUsage

NO_PICTURE: Final = Failure(kind=FailureKind.EMPTY_ANSWER, message="the upstream made no picture")
DISCONNECTED: Final = Failure(
    kind=FailureKind.DISCONNECTED, message="the upstream closed the stream before the picture's end"
)
_HEARTBEAT: Final = encode_comment("ping")


class ImagesEncoder(Telling):
    """Encodes one answer; implements ``ServerStream``.

    Nothing is noted: words are none of an answer's content here.
    """

    def __init__(self, wanted: Wanted, *, created_at: int) -> None:
        super().__init__(GRAMMAR)
        self._wanted = wanted
        self._created_at = created_at
        self._legality.accept("begin")
        self._items: list[JsonObject] = []
        self._usage: ImageUsage | None = None

    def encode(self, events: Sequence[ev.Event], frame: Frame | None = None) -> bytes:
        """The events of the wire; raw frames are never used, since they are another dialect's."""
        return b"".join([self._told(event) for event in events])

    def finish(self) -> bytes:
        """Nothing after a proper end; otherwise the error of a stream that broke off."""
        return self.fail(DISCONNECTED)

    def fail(self, failure: Failure) -> bytes:
        """The error frame, at which SDKs raise."""
        if self._legality.finished or not self._legality.accept("error"):
            return b""
        return encode_frame(encode({"type": "error", "error": error_object(failure)}), "error")

    def heartbeat(self) -> bytes:
        """A comment."""
        return _HEARTBEAT

    def _told(self, event: ev.Event) -> bytes:
        if self._legality.finished:
            return b""
        match event:
            case ev.ImagePartial():
                shown = {"b64_json": event.data, "partial_image_index": event.index}
                return self._write("partial_image", shown | looks(self._wanted, {}))
            case ev.HostedEnded(kind=kind) if kind == IMAGE_CALL and picture_of(event.item) is not None:
                self._items.append(event.item)
            case ev.UsageReported():
                self._usage = event.usage.image
            case ev.ResponseEnded():
                return self._ended(event.ending)
        return b""

    def _ended(self, ending: ev.Ending) -> bytes:
        if isinstance(ending, ev.Failed):
            return self.fail(ending.failure)
        if not self._items:
            return self.fail(NO_PICTURE)
        written = [self._completed(item, last=item is self._items[-1]) for item in self._items]
        self._legality.accept("end")
        return b"".join(written)

    def _completed(self, item: JsonObject, *, last: bool) -> bytes:
        """A finished picture; the counts are of all pictures and stand with the last one."""
        counts = {"usage": usage_object(self._usage)} if last and self._usage is not None else {}
        return self._write("completed", (picture_of(item) or {}) | looks(self._wanted, item) | counts)

    def _write(self, token: str, members: JsonObject) -> bytes:
        if not self._legality.accept(token):
            return b""
        name = f"{self._wanted.task.value}.{token}"
        return encode_frame(encode({"type": name, "created_at": self._created_at} | members), name)
