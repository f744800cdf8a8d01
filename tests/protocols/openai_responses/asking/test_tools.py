"""Tools for vendors."""

from typing import Any

from codex_proxy.canonical.blocks import ToolKind
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import Dialect
from codex_proxy.canonical.tools import ChooseHosted, ChooseTool, CustomTool, FunctionTool, HostedTool
from codex_proxy.protocols.openai_responses.asking.profile import ResponsesProfile
from codex_proxy.protocols.openai_responses.asking.tools import VendorOffer, vendor_offer
from codex_proxy.protocols.parts.names import NameMap
from tests.protocols.codex.parts import request

SEARCH = HostedTool(kind="web_search")
LISTING = FunctionTool(name="f", parameters={"type": "object", "properties": {}}, strict=False)
FILES_ONLY = ResponsesProfile(hosted_tools=("file_search",))


def offered(profile: ResponsesProfile, **asked: Any) -> VendorOffer:
    return vendor_offer(request(**asked), NameMap(()), profile)


def kinds(offer: VendorOffer) -> list[str]:
    return [tool["type"] for tool in offer.members.get("tools", [])]


def test_a_tool_that_only_others_run_is_not_offered() -> None:
    made = offered(FILES_ONLY, tools=(SEARCH, LISTING), tool_choice=ChooseHosted(kind="web_search"))
    assert kinds(made) == ["function"]
    assert "tool_choice" not in made.members
    assert [(note.path, note.weight) for note in made.notes] == [("tools[0]", Weight.LOSSY)]
    own = offered(FILES_ONLY, dialect=Dialect.OPENAI_RESPONSES, tools=(SEARCH, HostedTool(kind="file_search")))
    assert kinds(own) == ["file_search"]


def test_what_the_vendor_runs_is_offered_and_can_be_chosen() -> None:
    made = offered(ResponsesProfile(), tools=(SEARCH, LISTING), tool_choice=ChooseHosted(kind="web_search"))
    assert (kinds(made), made.notes) == (["web_search", "function"], ())
    assert made.members["tool_choice"] == {"type": "web_search"}


def test_free_text_tools_go_as_functions_where_there_are_none() -> None:
    patch = ChooseTool(name="patch", kind=ToolKind.CUSTOM)
    made = offered(ResponsesProfile(custom_tools=False), tools=(CustomTool(name="patch"),), tool_choice=patch)
    assert (kinds(made), made.disguised) == (["function"], frozenset({"patch"}))
    assert made.members["tool_choice"] == {"type": "function", "name": "patch"}


def test_parallel_calls_are_spoken_of_where_there_are_tools() -> None:
    assert offered(ResponsesProfile(), parallel_tool_calls=False).members == {}
    assert (
        offered(ResponsesProfile(), tools=(LISTING,), parallel_tool_calls=False).members["parallel_tool_calls"] is False
    )
