"""Free-text tools as functions."""

from codex_proxy.canonical.tools import CustomTool, Grammar
from codex_proxy.protocols.parts.asking.free_text import MEMBER, PARAMETERS, told_as_function


def test_the_description_says_where_the_input_goes_and_how_it_looks() -> None:
    words = told_as_function(
        CustomTool(name="patch", description="Patches", grammar=Grammar(syntax="lark", definition="start: X"))
    )
    assert words.startswith("Patches\n\n")
    assert f"`{MEMBER}`" in words
    assert words.endswith("lark grammar:\nstart: X")
    assert told_as_function(CustomTool(name="patch")).startswith("Put")
    assert PARAMETERS["required"] == [MEMBER]
