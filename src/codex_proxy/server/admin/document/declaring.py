"""What the OpenAPI document says of a route beside what its function does: errors, keys, bodies it reads by itself.

Rules of this file: nothing is written per route here.  What every route may answer follows from what it is: whether it
changes something, whether it takes parameters or a body, whether it wants a key.  Beside that a route declares, where
it is made:

- ``summary`` and a docstring; the type of its answer, a struct with a docstring, never ``Any``; ``media_type`` where
  the answer is no JSON;
- for each parameter its type with every bound it has (pattern, length, range), since the document is tested by asking
  what it allows and what it does not;
- its body as an annotated struct, with a default where it may be left out; one that reads the body by itself has the
  mark ``MEDIA_TYPES``;
- ``may_fail=(429, 502)``: statuses of errors beside those in ``errors_of``;
- ``also={202: Begun}``: answers of other statuses than its own, or other than its type says, by what they hold: a
  struct, ``str`` for a page, ``object`` for JSON of a form that others define.

``python -m scripts.openapi`` writes the document, ``tests/conformance/test_control_plane.py`` asks a running gateway
everything the document allows.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any, Final

import msgspec
from litestar import HttpMethod, Response, route
from litestar._openapi.schema_generation import SchemaCreator
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
    SecurityScheme,
)
from litestar.plugins import OpenAPISchemaPlugin
from litestar.status_codes import HTTP_204_NO_CONTENT
from litestar.types import ControllerRouterHandler
from litestar.typing import FieldDefinition

from codex_proxy.access.matrix.control import CONTROL
from codex_proxy.access.matrix.rules import Need, rule_of
from codex_proxy.server.admin.guard import MEDIA_TYPES

MAY_FAIL: Final = "may_fail"
"""A route's mark: statuses of errors beside those that follow from what it is."""
ALSO: Final = "also"
"""A route's mark: what answers of other statuses than its own hold."""

PLAIN: Final = "text/plain"
_TYPED: Final = re.compile(r":\w+}")
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
    methods: defaultdict[str, set[str]] = defaultdict(set)
    for each in told:
        if isinstance(each, HTTPRouteHandler):
            _declare(each)
            for path in each.paths:
                methods[path] |= each.http_methods
    return [*(_options(path, allowed) for path, allowed in methods.items()), *told]


def _options(path: str, methods: Collection[str]) -> HTTPRouteHandler:
    """What a path allows: Litestar's own answer forgets all but the methods of the route that came first."""

    @route(path, http_method=HttpMethod.OPTIONS, include_in_schema=False, sync_to_thread=False)
    def allowed() -> Response[None]:
        """The methods."""
        return Response(
            None, status_code=HTTP_204_NO_CONTENT, headers={"allow": ", ".join(sorted({*methods, "OPTIONS"}))}
        )

    return allowed


def errors_of(route: HTTPRouteHandler) -> tuple[int, ...]:
    """Statuses of errors that a route may answer."""
    changes = not route.http_methods <= {"GET", "HEAD"}
    names = set(route.fn.__annotations__) - {"return"}
    statuses = {403, 421, 500, 503, *route.opt.get(MAY_FAIL, ())}
    if not is_open(route):
        statuses.add(401)
    if names - {"request"}:
        statuses.add(400)
    if any("{" in path for path in route.paths):
        statuses.add(404)
    if changes:
        statuses |= {400, 404, 409, 413, 415}
    return tuple(sorted(statuses))


def is_open(route: HTTPRouteHandler) -> bool:
    """Whether a route wants no credential, by its rows in the matrix."""
    named = [_TYPED.sub("}", path) for path in route.paths]
    return all(rule_of(CONTROL, method, path).need is Need.OPEN for method in route.http_methods for path in named)


def components() -> Components:
    """What the document says once for all routes."""
    return Components(security_schemes=dict(SECURITY_SCHEMES))


def _declare(route: HTTPRouteHandler) -> None:
    refusals = {status: _refusal(status) for status in errors_of(route)}
    others = {status: _answer(route, status, kind) for status, kind in route.opt.get(ALSO, {}).items()}
    route.responses = {**refusals, **others, **(route.responses or {})}
    route.security = [{}] if is_open(route) else WITH_KEY
    body = signature(route.fn).parameters.get("data")
    if body is not None and body.default is not Parameter.empty:
        route.operation_class = _OptionalBody
    elif body is None and route.opt.get(MEDIA_TYPES):
        route.operation_class = _operation_reading(route.opt[MEDIA_TYPES])


@dataclass
class _OptionalBody(Operation):
    """An operation whose body may be left out."""

    def __post_init__(self) -> None:
        if isinstance(self.request_body, RequestBody):
            self.request_body.required = False


def _operation_reading(forms: Sequence[str]) -> type[Operation]:
    content = {
        form: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING) if form == PLAIN else Schema()) for form in forms
    }

    @dataclass
    class WithBody(Operation):
        """An operation with a body that no parameter of its function stands for."""

        def __post_init__(self) -> None:
            self.request_body = RequestBody(content=content)

    return WithBody


def _refusal(status: int) -> ResponseSpec:
    return ResponseSpec(data_container=Refusal, generate_examples=False, description=WORDS[status])


def _answer(route: HTTPRouteHandler, status: int, kind: Any) -> ResponseSpec:
    form = MediaType.HTML if kind is str else MediaType.JSON
    told = route.media_type if status == route.status_code and route.media_type else form
    words = "What was asked for." if status == route.status_code else "An answer of another form."
    return ResponseSpec(data_container=kind, generate_examples=False, description=words, media_type=told)


class TuplePlugin(OpenAPISchemaPlugin):
    """Tuples of any length as arrays of their items; Litestar's own schema lets an item be anything."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:  # noqa: ARG004 - the plugin's protocol
        """No type by itself: see ``is_plugin_supported_field``."""
        return False

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether this is a tuple of any length."""
        return field_definition.origin is tuple and any(each.annotation is ... for each in field_definition.inner_types)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        """The array."""
        return Schema(
            type=OpenAPIType.ARRAY, items=schema_creator.for_field_definition(field_definition.inner_types[0])
        )
