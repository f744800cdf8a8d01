"""Tools and the choice among them, for a vendor.

Rules of this file: schemas go as JSON Schema where the vendor takes it; free-text tools are told as functions with one
member; what Google does not run is left out with a note.
"""

from typing import Final, assert_never

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.tools import (
    ChoiceMode,
    ChooseAmong,
    ChooseHosted,
    ChooseMode,
    ChooseTool,
    CustomTool,
    FunctionTool,
    HostedTool,
    NamespaceTool,
    Tool,
    ToolChoice,
)
from codex_proxy.protocols.gemini.building.schemas import own_schema
from codex_proxy.protocols.gemini.schema import GeminiProfile
from codex_proxy.protocols.parts.asking.free_text import PARAMETERS, told_as_function
from codex_proxy.protocols.parts.asking.unsaid import unsaid_settings, unstrict
from codex_proxy.protocols.parts.names import NameMap
from codex_proxy.protocols.parts.schemas import normalise_output

IMAGE_GENERATION: Final = "image_generation"
WEB_SEARCH: Final = "web_search"

_MODES: Final = {ChoiceMode.AUTO: "AUTO", ChoiceMode.REQUIRED: "ANY", ChoiceMode.NONE: "NONE"}
HOSTED: Final[dict[str, str]] = {WEB_SEARCH: "googleSearch", "code_interpreter": "codeExecution"}
"""What Google runs of the tools that this vocabulary knows, in its words."""


class Offered:
    """The ``tools`` member, and what could not be told; clients of this dialect (``own``) keep members nobody knows."""

    def __init__(self, tools: tuple[Tool, ...], names: NameMap, profile: GeminiProfile, *, own: bool = False) -> None:
        self._keeps_members = own
        self.notes: list[Note] = []
        self._names = names
        self._profile = profile
        self._functions: list[JsonObject] = []
        self._hosted: dict[str, JsonObject] = {}
        for index, tool in enumerate(tools):
            self._add(tool, f"tools[{index}]")

    def members(self) -> list[JsonObject]:
        """The tool objects: one with all functions, one for each tool that Google runs."""
        functions = [{"functionDeclarations": self._functions}] if self._functions else []
        return [*functions, *({name: settings} for name, settings in self._hosted.items())]

    def _add(self, tool: Tool, path: str) -> None:
        match tool:
            case FunctionTool():
                self._functions.append(self._function(tool.name, tool.description, tool.parameters) | self._own(tool))
                if tool.strict:
                    self.notes.append(unstrict(f"tools.{tool.name}"))
            case CustomTool():
                self._functions.append(self._function(tool.name, told_as_function(tool), PARAMETERS))
            case NamespaceTool():
                self._note(f"{path}.namespace", Verdict.APPROXIMATED, "members are sent ungrouped")
                for member in tool.tools:
                    self._add(member, path)
            case HostedTool():
                if tool.kind in HOSTED:
                    self._hosted[HOSTED[tool.kind]] = {}
                    self.notes += unsaid_settings(tool.settings) if tool.kind == WEB_SEARCH else ()
                elif tool.kind != IMAGE_GENERATION:
                    self._note(path, Verdict.DROPPED, f"the vendor does not run {tool.kind}")
            case _:
                assert_never(tool)

    def _own(self, tool: FunctionTool) -> JsonObject:
        return tool.extra if self._keeps_members else {}

    def _function(self, name: str, description: str | None, parameters: JsonObject | None) -> JsonObject:
        told: JsonObject = {"name": self._names.upstream(name)}
        if description:
            told["description"] = description
        schema, lost = normalise_output(parameters or {}, f"tools.{name}.parameters")
        self.notes.extend(lost)
        if not schema.get("properties") and schema.get("type") in {None, "object"}:
            return told  # a function without parameters has no schema
        if self._profile.json_schema:
            return {**told, "parametersJsonSchema": schema}
        return {**told, "parameters": own_schema(schema)}

    def _note(self, path: str, verdict: Verdict, detail: str) -> None:
        self.notes.append(Note(path=path, verdict=verdict, weight=Weight.LOSSY, detail=detail))


def calling_config(choice: ToolChoice, names: NameMap) -> JsonObject | None:
    """The ``functionCallingConfig``; None where Gemini has no word for the choice."""
    match choice:
        case ChooseMode():
            return {"mode": _MODES[choice.mode]}
        case ChooseTool():
            return {"mode": "ANY", "allowedFunctionNames": [names.upstream(choice.name)]}
        case ChooseHosted():
            return None
        case ChooseAmong():
            allowed = [names.upstream(tool.name) for tool in choice.tools if isinstance(tool, ChooseTool)]
            mode = "ANY" if choice.required else "VALIDATED"  # ``AUTO`` takes no list
            return {"mode": mode, "allowedFunctionNames": allowed}
        case _:
            assert_never(choice)
