"""The OpenAPI document as a readable page, with nothing loaded from anywhere else.

Rules of this file: server-side HTML, no script, no style within, no foreign asset; every word from the document is
escaped.
"""

from html import escape
from typing import Any, Final

from litestar import Request
from litestar.enums import MediaType
from litestar.openapi.plugins import OpenAPIRenderPlugin

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "code{font-family:ui-monospace,monospace}td,th{text-align:left;padding:.3rem .8rem .3rem 0;vertical-align:top}"
)


class PageStylePlugin(OpenAPIRenderPlugin):
    """The page's style, which stands apart because pages of ours may have none within."""

    def __init__(self) -> None:
        super().__init__(path="/page.css", media_type=MediaType.CSS)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The style, as UTF-8."""
        return _STYLE.encode()


class PlainPagePlugin(OpenAPIRenderPlugin):
    """Lists every operation of the document in a table."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page, as UTF-8."""
        return page_of(openapi_schema).encode()


def page_of(document: dict[str, Any]) -> str:
    """The document's title and operations as HTML."""
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    rows = "".join(
        _row(method, path, operation)
        for path, operations in sorted(document.get("paths", {}).items())
        for method, operation in sorted(operations.items())
        if isinstance(operation, dict)
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{title}</title><link rel="stylesheet" href="/openapi/page.css"><h1>{title}</h1>'
        f'<p>Machine-readable: <a href="openapi.json">openapi.json</a></p>'
        f"<table><tr><th>Method<th>Path<th>What it does</tr>{rows}</table></html>"
    )


def _row(method: str, path: str, operation: dict[str, Any]) -> str:
    words = escape(operation.get("description") or operation.get("summary") or "")
    return f"<tr><td><code>{escape(method.upper())}</code><td><code>{escape(path)}</code><td>{words}</tr>"
