"""Kinds of values that several keys have, and what each of them must look like.

Rules of this file: a message names what is wrong and what would be right; it holds no value that may be a secret.
"""

from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_responses.request.default_tools import read_default_tools

MAX_NAME: Final = 200
_OLD_PROFILES: Final = {"codex_cli": "cli", "codex_desktop": "desktop"}


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected an address such as https://host.example/path")
    if "@" in parts.netloc:
        raise ValueError("an address holds no user name and no password")
    return text


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/") or parts.query:
        raise ValueError(f"{text!r} is no scheme and host such as https://gateway.example")
    return text


def _aliases(told: dict[str, str]) -> dict[str, str]:
    """Names and what they stand for, trimmed."""
    trimmed: dict[str, str] = {}
    for name, target in told.items():
        alias, meant = name.strip(), target.strip()
        if not alias or not meant:
            raise ValueError("neither a name nor what it stands for may be empty")
        if alias == meant:
            raise ValueError(f"{alias} stands for itself")
        if alias in trimmed:
            raise ValueError(f"{alias} is there twice")
        trimmed[alias] = meant
    return trimmed


def _default_tools(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    try:
        read_default_tools(told)
    except InvalidRequest as error:
        raise ValueError(str(error)) from error
    return told


def _without_blanks(text: str) -> str:
    if not text.strip() or any(character.isspace() for character in text):
        raise ValueError("expected one word")
    return text


def _header_text(text: str) -> str:
    if not text.strip() or text != text.strip() or not (text.isascii() and text.isprintable()):
        raise ValueError("expected words in ASCII, on one line and without blanks around them")
    return text


def _number_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _renamed_profile(value: Any) -> Any:
    return _OLD_PROFILES.get(value, value) if isinstance(value, str) else value


def _not_inline(value: Any) -> Any:
    if value == "system_inline":
        raise ValueError(
            "the backend refuses system messages in the input; developer_inline puts them there as the developer's"
        )
    return value


WebAddress: TypeAlias = Annotated[str, AfterValidator(_web_address)]
Origin: TypeAlias = Annotated[str, AfterValidator(_origin)]
Host: TypeAlias = Annotated[str, AfterValidator(_without_blanks), Field(max_length=253)]
HeaderText: TypeAlias = Annotated[str, Field(max_length=64), AfterValidator(_header_text)]
ModelName: TypeAlias = Annotated[str, AfterValidator(_without_blanks), Field(max_length=MAX_NAME)]
Aliases: TypeAlias = Annotated[dict[str, str], AfterValidator(_aliases)]
DefaultTools: TypeAlias = Annotated[list[dict[str, Any]], AfterValidator(_default_tools)]
Percent: TypeAlias = Annotated[int, Field(ge=1, le=100)]
Numbered: TypeAlias = Annotated[str, BeforeValidator(_number_as_text)]
"""A text that looks like a number and is often written without quotes."""
RenamedProfile: Final = BeforeValidator(_renamed_profile)
"""Takes the words of other editions for a client's profile."""
NotInline: Final = BeforeValidator(_not_inline)
"""Says why a word of other editions for the place of system prompts cannot be had."""
