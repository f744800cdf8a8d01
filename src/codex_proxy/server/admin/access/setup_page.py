"""The page of a setup link: ``/auth/setup``.

Rules of this file: the token stands behind the ``#`` of its address, which no browser sends; the page reads it itself.
Script and style are files of their own, because no page of ours may have any within.
"""

from importlib.resources import files
from typing import Final

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

_PAGES: Final = files("codex_proxy.server.admin.access") / "pages"


def setup_page_routes() -> list[HTTPRouteHandler]:
    """The page and its files."""

    @get("/auth/setup", sync_to_thread=False, media_type="text/html", summary="The page of a setup link")
    def setup_page() -> Response[bytes]:
        """Asks for a password, twice."""
        return Response((_PAGES / "setup.html").read_bytes(), media_type="text/html")

    @get("/auth/setup/setup.js", sync_to_thread=False, media_type="text/javascript", summary="The script of that page")
    def setup_script() -> Response[bytes]:
        """Sends what was typed, with the token of the address."""
        return Response((_PAGES / "setup.js").read_bytes(), media_type="text/javascript")

    @get("/auth/setup/setup.css", sync_to_thread=False, media_type="text/css", summary="The style of that page")
    def setup_style() -> Response[bytes]:
        """How it looks."""
        return Response((_PAGES / "setup.css").read_bytes(), media_type="text/css")

    return [setup_page, setup_script, setup_style]
