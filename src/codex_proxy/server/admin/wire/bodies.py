"""Bodies and ids of requests to the control plane.

Rules of this file: whatever is no JSON is a 400, also what the decoder has other words for; a member is of the type
that the document says, and 0 is no false; members that nobody knows are passed over and named in the answer.
"""

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from litestar import Request
from litestar.exceptions import SerializationException
from litestar.params import PathParameter

from codex_proxy.server.admin.wire.errors import ControlError

MOST_IDS: Final = 1000
MOST_LABEL: Final = 64
ROW_ID: Final = r"^[0-9a-f]{16}$"

RowId: TypeAlias = Annotated[str, PathParameter(pattern=ROW_ID, description="An account's row id.")]
RowIdText: TypeAlias = Annotated[str, msgspec.Meta(pattern=ROW_ID)]
AnyId: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
"""For lists of ids, where one that is none is told as not found and the others go on."""
Warnings: TypeAlias = tuple[str, ...] | msgspec.UnsetType
Label: TypeAlias = Annotated[str, msgspec.Meta(max_length=MOST_LABEL)]


class ControlRequest(Request[Any, Any, Any]):
    """A request whose body is a 400 where it is no JSON, whatever the decoder makes of it."""

    async def json(self) -> Any:
        """The decoded body."""
        try:
            return self._of_its_type(await super().json())
        except UnicodeDecodeError as error:
            raise SerializationException("the body is no UTF-8") from error
        except RecursionError as error:
            raise SerializationException("the body is nested too deeply") from error

    def _of_its_type(self, body: Any) -> Any:
        """The body; Litestar reads bodies as it reads queries, where everything is text, and takes "1" for 1.

        What it refuses itself it words itself.
        """
        field = self.route_handler.parsed_data_field
        if field is None or body is None:
            return body
        try:
            msgspec.convert(body, field.annotation)
        except msgspec.ValidationError as error:
            try:
                msgspec.convert(body, field.annotation, strict=False)
            except msgspec.ValidationError:
                return body
            message, _, path = str(error).partition(" - at ")
            raise ControlError(400, "invalid_request", f"{path.strip('`').removeprefix('$.')}: {message}") from error
        return body


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """It was done; ``warnings`` name what was passed over."""

    success: Literal[True] = True
    warnings: Warnings = msgspec.UNSET


async def unknown_members(request: ControlRequest, known: type[msgspec.Struct]) -> Warnings:
    """A warning for each member of the body that is none of ``known``'s; unset where there is none."""
    body = await request.json() if await request.body() else None
    names = {field.encode_name for field in msgspec.structs.fields(known)}
    unknown = tuple(f"unknown field {name!r} was ignored" for name in body if name not in names) if body else ()
    return unknown or msgspec.UNSET


def prefers_job(request: Request[Any, Any, Any]) -> bool:
    """Whether the client would rather hear of a job than wait (RFC 7240)."""
    told = request.headers.get("prefer", "").lower().split(",")
    return "respond-async" in {preference.partition(";")[0].strip() for preference in told}
