"""Sources of configuration values: flags, environment, files; flattened to ``section.key`` with where each stands.

Rules of this file: a layer only says what its source says; an explicit null is a value.  Reading the environment and
files happens here, both given as arguments.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

PREFIX: Final = "CODEX_PROXY_"
NULL: Final = "null"

NAMED_VARIABLES: Final = {
    "PORT": "server.port",
    "CODEX_PROXY_HOST": "server.host",
    "CODEX_JWT_TOKEN": "auth.jwt_token",
    "CODEX_PLATFORM": "client.platform",
    "CODEX_ARCH": "client.arch",
    "HTTPS_PROXY": "tls.proxy_url",
    "CORS_ALLOWED_HOSTS": "server.cors",
    "CORS_ALLOW_NULL_ORIGIN": "server.cors_allow_null_origin",
    "OLLAMA_BRIDGE_ENABLED": "ollama.enabled",
    "OLLAMA_BRIDGE_HOST": "ollama.host",
    "OLLAMA_BRIDGE_PORT": "ollama.port",
    "OLLAMA_BRIDGE_VERSION": "ollama.version",
    "OLLAMA_BRIDGE_DISABLE_VISION": "ollama.disable_vision",
}
"""Variables with a name of their own, kept for users of the product's other editions."""

_DEFAULT_SOURCE: Final = "default"
_FLAG: Final = "flag --"
_ENVIRONMENT: Final = ("environment ", "excepted by NO_PROXY")


class Origin(StrEnum):
    """Which layer a value comes from."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command_line"


class Found(msgspec.Struct, frozen=True):
    """A value and where it stands: ``flag --port``, ``environment PORT``, ``local.yaml:3``, ``default``."""

    value: Any
    source: str


Layer: TypeAlias = Mapping[str, Found]
"""Values by dotted key."""


class BrokenFile(Exception):
    """A configuration file cannot be read; ``words`` are one sentence, ``line`` counts from 1 where one is to blame."""

    def __init__(self, file: str, words: str, *, line: int | None = None) -> None:
        super().__init__(f"{file}{'' if line is None else f':{line}'}: {words}")
        self.file = file
        self.words = words
        self.line = line


def flag_layer(flags: Mapping[str, Any]) -> Layer:
    """Flags by dotted key; None means not given."""
    return {
        name: Found(value, flag_source(name.rpartition(".")[2].replace("_", "-")))
        for name, value in flags.items()
        if value is not None
    }


def flag_source(flag: str) -> str:
    """What a value that a flag says comes from."""
    return f"{_FLAG}{flag}"


def environment_layer(environ: Mapping[str, str]) -> Layer:
    """What the environment says; ``CODEX_PROXY_<SECTION>__<KEY>`` wins over a variable with a name of its own."""
    layer = {
        name: Found(_plain(environ[variable], name), f"environment {variable}")
        for variable, name in NAMED_VARIABLES.items()
        if environ.get(variable)
    }
    for variable, text in environ.items():
        section, separator, rest = variable.removeprefix(PREFIX).partition("__")
        if variable.startswith(PREFIX) and separator:
            name = f"{section.lower()}.{rest.lower().replace('__', '.')}"
            layer[name] = Found(_plain(text, name), f"environment {variable}")
    return layer


def file_text(path: Path) -> str:
    """What stands in a file, nothing where there is none.

    Raises:
        BrokenFile: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise BrokenFile(str(path), f"it cannot be read: {reason}") from error


def file_layer(path: Path) -> Layer:
    """What a YAML file says; an absent file says nothing.

    Raises:
        BrokenFile: unreadable, no YAML, or no mapping.
    """
    return text_layer(file_text(path), path)


def text_layer(text: str, path: Path) -> Layer:
    """What a YAML text says that stands, or is to stand, in this file; a section without keys says nothing.

    Raises:
        BrokenFile: no YAML, or no mapping.
    """
    try:
        value = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BrokenFile(str(path), f"not valid YAML: {error.problem or error.context}", line=line) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise BrokenFile(str(path), "not valid YAML") from error
    if value is None:
        return {}
    if not isinstance(value, CommentedMap):
        raise BrokenFile(str(path), "expected sections with keys, such as server: and port:", line=1)
    return dict(_flatten(value, path.name))


def merged(layers: list[Layer]) -> dict[str, Found]:
    """The layers as one, the first ones winning."""
    values: dict[str, Found] = {}
    for layer in reversed(layers):
        values.update(layer)
    return values


def default_source() -> str:
    """What a value that no layer names comes from."""
    return _DEFAULT_SOURCE


def origin_of(source: str) -> Origin:
    """The layer of a source as ``Found`` names it."""
    if source == _DEFAULT_SOURCE:
        return Origin.DEFAULT
    if source.startswith(_FLAG):
        return Origin.COMMAND_LINE
    return Origin.ENVIRONMENT if source.startswith(_ENVIRONMENT) else Origin.FILE


def _flatten(value: CommentedMap, file: str) -> Iterator[tuple[str, Found]]:
    for section, members in value.items():
        line = value.lc.key(section)[0] + 1
        if members is None:
            continue
        if not isinstance(members, CommentedMap) or section in {"providers", "model_routing"}:
            yield str(section), Found(_builtin(members), f"{file}:{line}")
            continue
        for name, member in members.items():
            at = members.lc.key(name)[0] + 1
            yield f"{section}.{name}", Found(_builtin(member), f"{file}:{at}")


def _builtin(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _builtin(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_builtin(member) for member in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _plain(text: str, name: str) -> Any:
    if text == NULL:
        return None
    if name == "server.cors":
        return [part.strip() for part in text.split(",") if part.strip()]
    if text[:1] in "[{":
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError:
            return text
    return text
