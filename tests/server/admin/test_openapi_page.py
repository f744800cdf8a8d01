"""The page escapes what the document says."""

from codex_proxy.server.admin.openapi_page import page_of


def test_operations_are_listed_and_escaped() -> None:
    page = page_of(
        {
            "info": {"title": "T<b>", "version": "1"},
            "paths": {"/a": {"get": {"summary": "reads <all>"}, "parameters": []}},
        }
    )
    assert "T&lt;b&gt; 1" in page
    assert "<code>GET</code><td><code>/a</code><td>reads &lt;all&gt;" in page
    assert "<b>" not in page
