"""The page of a setup link: ``/auth/setup``.

Rules of this file: the token stands behind the ``#`` of its address, which no browser sends; the page reads it itself.
Script and style are files of their own, because no page of ours may have any within.
"""

from importlib.resources import files
from typing import Annotated, Final, Literal, TypeAlias

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

_PAGES: Final = files("codex_proxy.server.admin.access") / "pages"
FileName: TypeAlias = Annotated[Literal["setup.js", "setup.css"], PathParameter(description="A file of the page.")]
_TYPES: Final = {"setup.js": "text/javascript", "setup.css": "text/css"}


def setup_page_routes() -> list[HTTPRouteHandler]:
    """The page and its files."""

    @get("/auth/setup", sync_to_thread=False, media_type="text/html", summary="The page of a setup link")
    def setup_page() -> Response[bytes]:
        """Asks for a password, twice."""
        return Response((_PAGES / "setup.html").read_bytes(), media_type="text/html")

    @get("/auth/setup/{name:str}", sync_to_thread=False, media_type="text/css", summary="Files of that page")
    def setup_file(name: FileName) -> Response[bytes]:
        """Its script and its style."""
        return Response((_PAGES / name).read_bytes(), media_type=_TYPES[name])

    return [setup_page, setup_file]
