"""What the document says of a route follows from what the route is."""

from typing import Any

import msgspec
import pytest
from litestar import Request, Response, delete, get, post
from litestar.params import FromPath, JSONBody

from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.document.declaring import WORDS, Refusal
from codex_proxy.server.admin.guard import MEDIA_TYPES
from codex_proxy.server.admin.wire.errors import CODES
from tests.server.admin.asking import BOSS, plane_of
from tests.server.admin.test_app import REPORT, Keys, nobody_expects


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Some names."""

    names: tuple[str, ...]
    loud: bool = False


@get("/read", sync_to_thread=False, summary="Read")
def read() -> Names:
    """Nothing is asked for."""
    return Names(names=())


@get("/auth/dashboard-status", sync_to_thread=False, summary="Open", also={202: Names})
def opened() -> Names:
    """For everybody."""
    return Names(names=())


@post("/write", may_fail=(429,), sync_to_thread=False, summary="Write")
def write(data: JSONBody[Names]) -> Names:
    """A body that has to be there."""
    return data


@post("/maybe", sync_to_thread=False, summary="Maybe")
def maybe(data: JSONBody[Names | None] = None) -> Names:
    """A body that may be left out."""
    return data or Names(names=())


@post("/file", opt={MEDIA_TYPES: ("application/json", "text/plain")}, sync_to_thread=False, summary="File")
def filed(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Reads its body by itself."""
    return Response(b"")


@delete("/one/{name:str}", status_code=200, sync_to_thread=False, summary="Delete")
def remove(name: FromPath[str]) -> Names:
    """Something of a name."""
    return Names(names=(name,))


def document() -> dict[str, Any]:
    plane = control_plane(
        authenticator=Keys(),
        make_report=lambda: REPORT,
        version="1",
        report_defect=nobody_expects,
        routes=(read, opened, write, maybe, filed, remove),
    )
    told: dict[str, Any] = plane.openapi_schema.to_schema()
    return told


EVERY = {"403", "421", "500", "503"}
CHANGING = EVERY | {"400", "401", "404", "409", "413", "415"}


@pytest.mark.parametrize(
    ("method", "path", "answer", "errors"),
    [
        ("get", "/read", "200", EVERY | {"401"}),
        ("get", "/auth/dashboard-status", "200", EVERY | {"202"}),
        ("post", "/write", "201", CHANGING | {"429"}),
        ("delete", "/one/{name}", "200", CHANGING),
    ],
)
def test_the_errors_of_a_route_follow_from_what_it_is(method: str, path: str, answer: str, errors: set[str]) -> None:
    responses = document()["paths"][path][method]["responses"]
    assert responses.keys() == errors | {answer}
    refusals = [each for status, each in responses.items() if status >= "400"]
    assert all(each["description"] for each in refusals)
    schemas = {each["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2] for each in refusals}
    assert schemas == {Refusal.__name__}


def test_every_error_that_has_a_code_has_words() -> None:
    assert CODES.keys() - {405} | {500} == WORDS.keys()  # a wrong method reaches no route


def test_bodies_and_keys_are_told_as_they_are() -> None:
    told = document()
    paths = told["paths"]
    assert paths["/write"]["post"]["requestBody"]["required"]
    assert not paths["/maybe"]["post"]["requestBody"]["required"]
    assert paths["/file"]["post"]["requestBody"]["content"].keys() == {"application/json", "text/plain"}
    assert paths["/auth/dashboard-status"]["get"]["security"] == [{}]
    assert paths["/read"]["get"]["security"] == [{"adminKey": []}]
    assert told["components"]["securitySchemes"]["adminKey"]["scheme"] == "bearer"
    assert told["components"]["schemas"]["Names"]["properties"]["names"]["items"] == {"type": "string"}


def test_a_path_says_every_method_that_it_has() -> None:
    @post("/read", sync_to_thread=False, summary="Write where is read")
    def also() -> Names:
        """The same path."""
        return Names(names=())

    with plane_of(read, also) as http:
        reply = http.options("/read", headers=BOSS)
    assert (reply.status_code, reply.headers["allow"]) == (204, "GET, OPTIONS, POST")


def test_a_body_is_of_the_type_that_the_document_says() -> None:
    with plane_of(write) as http:
        replies = [http.post("/write", headers=BOSS, json={"names": ["a"], "loud": told}) for told in (True, 1, "true")]
    assert [reply.status_code for reply in replies] == [201, 400, 400]
    assert replies[1].json() == {"error": "loud: Expected `bool`, got `int`", "code": "invalid_request"}
