"""Tools and the choice among them."""

from typing import Any

import pytest

from codex_proxy.canonical.notes import Note, Weight
from codex_proxy.canonical.tools import (
    ChoiceMode,
    ChooseAmong,
    ChooseMode,
    ChooseTool,
    FunctionTool,
    HostedTool,
    Tool,
    ToolChoice,
)
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.gemini.request.fields import WireFields
from codex_proxy.protocols.gemini.request.tools import parse_tool_choice, parse_tools, with_location

F, G = FunctionTool(name="f"), FunctionTool(name="g")
SEARCH = HostedTool(kind="web_search")


def tools(*entries: Any) -> tuple[tuple[Tool, ...], list[Note]]:
    notes: list[Note] = []
    return parse_tools(WireFields({"tools": list(entries)}), notes), notes


def choice(calling: Any, offered: tuple[Tool, ...] = (F, G)) -> tuple[ToolChoice | None, list[Note]]:
    notes: list[Note] = []
    config = WireFields({"functionCallingConfig": calling}, "toolConfig")
    return parse_tool_choice(config, offered, notes), notes


def test_functions_of_several_entries_in_every_spelling() -> None:
    schema = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}
    read, notes = tools(
        {"functionDeclarations": [{"name": "f", "description": "d", "parameters": schema, "behavior": "BLOCKING"}]},
        {"function_declarations": [{"name": "g", "parameters_json_schema": {"type": "object"}, "response": {}}]},
    )
    told = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert read == (
        FunctionTool(name="f", description="d", parameters=told, extra={"behavior": "BLOCKING"}),
        FunctionTool(name="g", parameters={"type": "object"}, extra={"response": {}}),
    )
    assert notes == []


def test_what_a_schema_lost_is_noted() -> None:
    never = {"type": "ARRAY", "items": {"properties": {"a": False}}}
    _, notes = tools({"functionDeclarations": [{"name": "f", "parameters": never}]})
    assert [note.path for note in notes] == ["tools[0].functionDeclarations[0].parameters"]


@pytest.mark.parametrize(
    "kind", ["googleSearch", "google_search", "googleSearchRetrieval", "urlContext", "exaAiSearch"]
)
def test_every_search_is_the_one_web_search(kind: str) -> None:
    assert tools({kind: {}}, {"enterpriseWebSearch": {}})[0] == (SEARCH,)


def test_settings_of_a_search() -> None:
    read, (note,) = tools({"googleSearch": {"excludeDomains": ["a.invalid"], "timeRangeFilter": {}}})
    assert read == (HostedTool(kind="web_search", settings={"filters": {"blocked_domains": ["a.invalid"]}}),)
    assert (note.path, note.weight) == ("tools[0].googleSearch.timeRangeFilter", Weight.COSMETIC)


def test_a_tool_that_google_runs_is_left_out_beside_others_and_refused_alone() -> None:
    read, (note,) = tools({"functionDeclarations": [{"name": "f"}]}, {"codeExecution": {}, "googleMaps": None})
    assert read == (F,)
    assert (note.path, note.weight) == ("tools[1].codeExecution", Weight.LOSSY)
    with pytest.raises(InvalidRequest) as refused:
        tools({"code_execution": {}})
    assert refused.value.path == "tools[0].code_execution"


def test_a_function_needs_a_name() -> None:
    with pytest.raises(InvalidRequest, match=r"tools\[0\]\.functionDeclarations\[0\]\.name: is required"):
        tools({"functionDeclarations": [{}]})
    with pytest.raises(InvalidRequest, match="must not be empty"):
        tools({"functionDeclarations": [{"name": ""}]})


@pytest.mark.parametrize(
    ("calling", "read"),
    [
        ({"mode": "AUTO"}, ChooseMode(mode=ChoiceMode.AUTO)),
        ({"mode": "any"}, ChooseMode(mode=ChoiceMode.REQUIRED)),
        ({"mode": "NONE", "allowedFunctionNames": ["f"]}, ChooseMode(mode=ChoiceMode.NONE)),
        ({"mode": "VALIDATED"}, ChooseMode(mode=ChoiceMode.AUTO)),
        ({"mode": "MODE_UNSPECIFIED"}, ChooseMode(mode=ChoiceMode.AUTO)),
        ({"mode": "ANY", "allowedFunctionNames": ["g"]}, ChooseTool(name="g")),
        (
            {"mode": "ANY", "allowed_function_names": ["f", "g"]},
            ChooseAmong(required=True, tools=(ChooseTool(name="f"), ChooseTool(name="g"))),
        ),
        ({"allowedFunctionNames": ["f"]}, ChooseAmong(required=False, tools=(ChooseTool(name="f"),))),
        ({}, None),
        (None, None),
    ],
)
def test_choices(calling: Any, read: ToolChoice | None) -> None:
    assert choice(calling) == (read, [])


def test_a_choice_without_tools_is_none() -> None:
    assert choice({"mode": "ANY"}, ()) == (None, [])


def test_an_unknown_mode_is_no_refusal() -> None:
    read, (note,) = choice({"mode": "BRAND_NEW"})
    assert read == ChooseMode(mode=ChoiceMode.AUTO)
    assert note.path == "toolConfig.functionCallingConfig.mode"


def test_an_allowed_name_must_be_a_tools() -> None:
    with pytest.raises(InvalidRequest) as refused:
        choice({"mode": "ANY", "allowedFunctionNames": ["f", "h"]})
    assert refused.value.path == "toolConfig.functionCallingConfig.allowedFunctionNames[1]"


@pytest.mark.parametrize(("language", "country"), [("en_GB", "GB"), ("zh-Hant-TW", "TW"), ("de", None), (None, None)])
def test_a_search_is_told_the_country_of_the_language(language: str | None, country: str | None) -> None:
    notes: list[Note] = []
    config = WireFields({"retrievalConfig": {"languageCode": language, "latLng": {}}}, "toolConfig")
    read = with_location((F, SEARCH), config, notes)
    place = {"user_location": {"type": "approximate", "country": country}} if country else {}
    assert read == (F, HostedTool(kind="web_search", settings=place))
    assert [note.path for note in notes] == ["toolConfig.retrievalConfig.latLng"]
