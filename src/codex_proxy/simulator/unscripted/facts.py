"""What a simulated answer depends on, read from the raw request body."""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject

RESPONSES: Final = "responses"
MISSING_TOOLS: Final[dict[str | None, tuple[str, ...]]] = {"free": ("image_generation",)}
"""Tools of the backend that accounts of a plan do not have."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """One request, as scripts and the unscripted model see it.

    ``tool_outputs`` are the texts of results after the last user message; ``request_number`` counts this account's
    requests from 1; ``images`` are the picture parts of the last user message; ``lite`` says that the request came in
    the lite form; ``endpoint`` is the path below ``/codex/``.
    """

    account_id: str
    model: str
    request_number: int
    last_user_text: str
    tool_outputs: tuple[str, ...]
    images: tuple[JsonObject, ...]
    tools: tuple[JsonObject, ...]
    body: JsonObject
    lite: bool = False
    endpoint: str = RESPONSES

    @property
    def tool_output(self) -> str:
        """The texts of all results after the last user message, joined by line breaks."""
        return "\n".join(self.tool_outputs)

    @property
    def wants_compaction(self) -> bool:
        """Whether the last item asks for a compaction."""
        items = self.body.get("input")
        last = items[-1] if isinstance(items, list) and items else None
        return isinstance(last, dict) and last.get("type") == "compaction_trigger"

    @property
    def seed(self) -> str:
        """A digest that the answer's free choices hang on."""
        return hashlib.sha256(f"{self.model}\0{self.last_user_text}\0{self.tool_output}".encode()).hexdigest()


def read_facts(
    body: JsonObject,
    *,
    account_id: str,
    request_number: int,
    lite: bool = False,
    plan: str | None = None,
    endpoint: str = RESPONSES,
) -> Facts:
    """The facts of an accepted body; ``plan`` is the account's, since some lack tools that are silently taken away."""
    items = list(parts_of(body.get("input")))
    last = max((place for place, item in enumerate(items) if is_user(item)), default=-1)
    user = items[last] if last >= 0 else {}
    outputs = [item for item in items[last + 1 :] if str(item.get("type", "")).endswith("_call_output")]
    return Facts(
        account_id=account_id,
        model=str(body.get("model")),
        request_number=request_number,
        last_user_text=text_of(user.get("content")),
        tool_outputs=tuple(text_of(item.get("output")) for item in outputs),
        images=tuple(part for part in parts_of(user.get("content")) if part.get("type") == "input_image"),
        tools=tuple(tool for tool in offered_tools(body, items) if tool.get("type") not in MISSING_TOOLS.get(plan, ())),
        body=body,
        lite=lite,
        endpoint=endpoint,
    )


def is_user(item: JsonObject) -> bool:
    """Whether an item is a user's message."""
    return item.get("type", "message") == "message" and item.get("role") == "user"


def parts_of(content: Any) -> Iterator[JsonObject]:
    """The objects of a list, such as the parts of a message."""
    for part in content if isinstance(content, list) else []:
        if isinstance(part, dict):
            yield part


def text_of(content: Any) -> str:
    """The text of a message or of a tool result."""
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in parts_of(content) if isinstance(part.get("text"), str))


def offered_tools(body: JsonObject, items: list[JsonObject]) -> Iterator[JsonObject]:
    """Tools of the body and of ``additional_tools`` items, groups resolved; members of a group know its name."""
    lists = [body.get("tools"), *(item.get("tools") for item in items if item.get("type") == "additional_tools")]
    for tools in lists:
        for tool in parts_of(tools):
            yield from _members(tool)


def _members(tool: JsonObject) -> Iterator[JsonObject]:
    if tool.get("type") != "namespace":
        yield tool
        return
    for member in parts_of(tool.get("tools")):
        yield member | {"namespace": tool.get("name")}
