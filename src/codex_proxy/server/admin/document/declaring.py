"""What the OpenAPI document says of a route beside what its function does: errors, keys, bodies it reads by itself.

Rules of this file: nothing is written per route here.  What every route may answer follows from what it is: whether it
changes something, whether it takes parameters or a body, whether it wants a key.  Beside that a route declares, where
it is made:

- ``summary`` and a docstring; the type of its answer, a struct with a docstring, never ``Any``; ``media_type`` where
  the answer is no JSON;
- for each parameter its type with every bound it has (pattern, length, range), since the document is tested by asking
  what it allows and what it does not;
- its body as an annotated struct; one that reads the body by itself says ``operation_class=reads_body(...)``;
- ``may_fail=(409, 502)``: statuses of errors beside those in ``errors_of``;
- ``also={202: Begun}``: answers of other statuses than its own, by what they hold; ``str`` for a page or text.

``python -m scripts.openapi`` writes the document, ``tests/conformance/test_control_plane.py`` asks a running gateway
everything the document allows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar.enums import MediaType
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    Operation,
    RequestBody,
    Schema,
    SecurityScheme,
)
from litestar.types import ControllerRouterHandler

from codex_proxy.server.admin.guard import OPEN

MAY_FAIL: Final = "may_fail"
"""A route's mark: statuses of errors beside those that follow from what it is."""
ALSO: Final = "also"
"""A route's mark: what answers of other statuses than its own hold."""

ADMIN_KEY: Final = "adminKey"
SECURITY_SCHEMES: Final = {
    ADMIN_KEY: SecurityScheme(
        type="http",
        scheme="bearer",
        description="A client key with the admin scope, `cpa-…`, as `Authorization: Bearer`.",
    )
}
WITH_KEY: Final[list[dict[str, list[str]]]] = [{ADMIN_KEY: []}]

WORDS: Final[Mapping[int, str]] = {
    400: "The request cannot be understood or done as it stands; the message names what is wrong.",
    401: "No key was shown, or none that is known.",
    403: "The key lacks the admin scope, or a page of another origin asked.",
    404: "There is nothing of this name.",
    409: "It cannot be done as things are; the code says why.",
    413: "The body is too large.",
    415: "The body is not sent as what this route takes.",
    421: "The host name in the request is none of this gateway's.",
    429: "Too many at once, or too soon.",
    500: "A defect; the log says more.",
    502: "Somebody who had to be asked refused or gave no answer; the code says why.",
    503: "Nothing can be read or kept at the moment.",
}
"""What an error of this status means."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why it was not done: ``error`` in words, ``code`` for programs, ``details`` where there are any."""

    error: str
    code: str
    details: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


def declare(routes: Iterable[ControllerRouterHandler]) -> list[ControllerRouterHandler]:
    """The same routes, each with all its errors and with the keys it wants."""
    told = list(routes)
    for route in told:
        if isinstance(route, HTTPRouteHandler):
            _declare(route)
    return told


def errors_of(route: HTTPRouteHandler) -> tuple[int, ...]:
    """Statuses of errors that a route may answer."""
    changes = not route.http_methods <= {"GET", "HEAD"}
    names = set(route.fn.__annotations__) - {"return"}
    statuses = {403, 421, 500, *route.opt.get(MAY_FAIL, ())}
    if not route.opt.get(OPEN):
        statuses.add(401)
    if names - {"request"}:
        statuses.add(400)
    if any("{" in path for path in route.paths):
        statuses.add(404)
    if changes:
        statuses |= {400, 413, 415, 503}
    return tuple(sorted(statuses))


def reads_body(forms: Sequence[str], schema: Schema | None = None) -> type[Operation]:
    """The operation of a route that reads its body by itself: the media types it takes, JSON's as ``schema``."""
    text = Schema(type="string")  # type: ignore[arg-type]  # Litestar takes the words of JSON Schema as they are
    content = {
        form: OpenAPIMediaType(schema=schema if schema is not None and "json" in form else text) for form in forms
    }

    @dataclass
    class WithBody(Operation):
        """An operation with a body that no parameter of the function stands for."""

        def __post_init__(self) -> None:
            self.request_body = RequestBody(content=content, required=True)

    return WithBody


def components() -> Components:
    """What the document says once for all routes."""
    return Components(security_schemes=dict(SECURITY_SCHEMES))


def _declare(route: HTTPRouteHandler) -> None:
    refusals = {status: _refusal(status) for status in errors_of(route)}
    others = {status: _answer(kind) for status, kind in route.opt.get(ALSO, {}).items()}
    route.responses = {**refusals, **others, **(route.responses or {})}
    route.security = [{}] if route.opt.get(OPEN) else WITH_KEY


def _refusal(status: int) -> ResponseSpec:
    return ResponseSpec(data_container=Refusal, generate_examples=False, description=WORDS[status])


def _answer(kind: Any) -> ResponseSpec:
    form = MediaType.HTML if kind is str else MediaType.JSON
    return ResponseSpec(data_container=kind, generate_examples=False, description="", media_type=form)


def is_declared(route: BaseRouteHandler) -> bool:
    """Whether a route says what it does."""
    return isinstance(route, HTTPRouteHandler) and bool(route.summary) and bool(route.fn.__doc__)
