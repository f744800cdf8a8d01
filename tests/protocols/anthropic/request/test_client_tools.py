import pytest

from codex_proxy.protocols.anthropic.request.client_tools import CLIENT_TOOLS, client_tool
from codex_proxy.protocols.parts.schemas import normalise_parameters


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("bash_20250124", {"command", "restart"}),
        ("bash_20990101", {"command", "restart"}),
        ("text_editor_20250728", {"command", "path", "file_text", "old_str", "new_str", "insert_line", "view_range"}),
        ("memory_20250818", {"command", "path", "file_text", "old_path", "new_path"}),
    ],
)
def test_every_version_has_its_parameters(kind: str, members: set[str]) -> None:
    tool = client_tool(kind)
    assert tool is not None
    assert members <= tool.parameters["properties"].keys()


@pytest.mark.parametrize("kind", ["custom", "web_search_20250305", "computer_20250124", "bash"])
def test_other_tools_have_none(kind: str) -> None:
    assert client_tool(kind) is None


@pytest.mark.parametrize("tool", CLIENT_TOOLS, ids=lambda tool: tool.prefix)
def test_the_upstream_takes_the_schemas_as_they_stand(tool: object) -> None:
    parameters = tool.parameters  # type: ignore[attr-defined]
    assert normalise_parameters(parameters, "p") == (parameters, ())
