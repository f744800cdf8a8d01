"""A configuration in YAML with some of its values changed.

Rules of this file: pure; only the lines of what changes are touched, so that comments, order and spelling of everything
else stay.  What lines alone cannot do (a section in braces, say) the YAML library does.  ``msgspec.UNSET`` stands for a
key that is to go; a section that has no key any more goes with it.
"""

import copy
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

_LINE_WIDTH: Final = 4096  # long values stay on the line they are on
_MEMBER_INDENT: Final = 2

Path: TypeAlias = tuple[str, ...]


class CannotEdit(Exception):
    """The text is not one that values can be put into; the words go after the file's name."""


def edited(text: str, values: Mapping[str, Any]) -> str:
    """The text with these values, by dotted key.

    Raises:
        CannotEdit: it is no YAML, or not sections with keys.
    """
    for name, value in values.items():
        section, _, member = name.partition(".")
        path = (section, member) if member else (section,)
        text = _with(text, path, value)
        if value is msgspec.UNSET and member and not _loaded(text).get(section, ...):
            text = _with(text, (section,), msgspec.UNSET)
    return text


def _with(text: str, path: Path, value: Any) -> str:
    for place, part in _parts(_loaded(text), path, value):
        sections = _loaded(text)
        wanted = _wanted(sections, place, part)
        by_lines = _by_lines(text, sections, place, part)
        says_it = by_lines is not None and _plain(by_lines) == _unwrapped(wanted)
        text = by_lines if by_lines is not None and says_it else _dumped(wanted, before=_comments(text, sections))
    return text


def _parts(sections: CommentedMap, path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    """What differs, in maps member by member, so that what stays in them keeps its comments."""
    there = _at(sections, path)
    if isinstance(there, dict) and isinstance(value, dict) and there and value:
        for name in [*value, *(name for name in there if name not in value)]:
            yield from _parts(sections, (*path, name), value.get(name, msgspec.UNSET))
    elif not _is_same(there, value):
        yield path, value


def _at(sections: CommentedMap, path: Path) -> Any:
    """What stands there, UNSET where nothing does."""
    found: Any = sections
    for depth, name in enumerate(path):
        if found is None and depth:
            return msgspec.UNSET
        if not isinstance(found, dict):
            raise CannotEdit(f"has no section {path[0]} with keys")
        if name not in found:
            return msgspec.UNSET
        found = found[name]
    return found


def _is_same(there: Any, value: Any) -> bool:
    """Whether a value says what is there already; ``true`` is not 1."""
    return isinstance(there, bool) is isinstance(value, bool) and bool(there == value)


def _wanted(sections: CommentedMap, path: Path, value: Any) -> CommentedMap:
    """The sections with the value, by the library's means."""
    made = copy.deepcopy(sections)
    parent: Any = made
    for name in path[:-1]:
        if parent.get(name) is None:
            parent[name] = CommentedMap()
        parent = parent[name]
    if value is not msgspec.UNSET:
        parent[path[-1]] = value
    elif path[-1] in parent:
        del parent[path[-1]]
        if len(path) > 1 and not made[path[0]]:
            made[path[0]] = None
    return made


# ----------------------------------------------------------------------------------------------------------- lines


def _by_lines(text: str, sections: CommentedMap, path: Path, value: Any) -> str | None:
    """The text with only the lines of this value changed; None where that is not to be done by lines."""
    lines = text.splitlines()
    if len(path) == 1 or path[0] not in sections:
        parent, home, column = sections, -1, 0
        if path[0] not in sections:
            value = value if len(path) == 1 else {path[-1]: value}
            return _joined([*lines, *_block({path[0]: value}, 0)])
    else:
        found = _home(sections, path[:-1])
        if found is None:
            return None
        parent, home, column = found
    key = path[-1]
    if key not in parent:
        last = _last_line(lines, home, column - 1)
        return _joined([*lines[: last + 1], *_block({key: value}, column), *lines[last + 1 :]])
    start = parent.lc.key(key)[0]
    last = _last_line(lines, start, column)
    anew = [] if value is msgspec.UNSET else _block({key: value}, column)
    if len(anew) == 1 and last == start:
        anew[0] += _remark(parent, key, lines[start])
    return _joined([*lines[:start], *anew, *lines[last + 1 :]])


def _home(sections: CommentedMap, path: Path) -> tuple[CommentedMap, int, int] | None:
    """The map at ``path``, the line of its name, and the column of its members; None where it is in braces."""
    parent: Any = sections
    line = column = 0
    for name in path:
        line, column = parent.lc.key(name)
        parent = parent[name]
        if parent is None:
            return CommentedMap(), line, column + _MEMBER_INDENT
        if not isinstance(parent, CommentedMap) or parent.fa.flow_style() or not parent:
            return None
    return parent, line, parent.lc.key(next(iter(parent)))[1]


def _last_line(lines: Sequence[str], start: int, column: int) -> int:
    """The last line of what begins at a line and column; comments below it are what follows' own."""
    last = start
    for index in range(start + 1, len(lines)):
        told = lines[index].strip()
        if not told or told.startswith("#"):
            continue
        indent = len(lines[index]) - len(lines[index].lstrip(" "))
        if indent < column or (indent == column and not told.startswith("-")):
            break
        last = index
    return last


def _remark(parent: CommentedMap, key: str, line: str) -> str:
    """The comment at the end of a line, with the blanks before it."""
    tokens = parent.ca.items.get(key) or []
    token = tokens[2] if len(tokens) > 2 else None
    if token is None or not token.value.startswith("#"):
        return ""
    at = token.start_mark.column
    blanks = len(line[:at]) - len(line[:at].rstrip(" "))
    return " " * blanks + line[at:]


def _block(value: Mapping[str, Any], column: int) -> list[str]:
    return [" " * column + line for line in _dumped(value).splitlines()]


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


# --------------------------------------------------------------------------------------------------------- library


def _comments(text: str, sections: CommentedMap) -> str:
    """The comments of a text without sections, which the library does not keep."""
    lines = [] if sections else [line for line in text.splitlines() if line.lstrip().startswith("#")]
    return _joined(lines)


def _loaded(text: str) -> CommentedMap:
    try:
        sections = _yaml().load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise CannotEdit("is not valid YAML") from error
    if sections is None:
        return CommentedMap()
    if not isinstance(sections, CommentedMap):
        raise CannotEdit("has no sections with keys")
    return sections


def _plain(text: str) -> Any:
    try:
        return YAML(typ="safe", pure=True).load(text) or {}
    except (YAMLError, ValueError, RecursionError):
        return None


def _unwrapped(value: Any) -> Any:
    return _plain(_dumped(value))


def _dumped(value: Mapping[str, Any], *, before: str = "") -> str:
    if not value:
        return before
    out = io.StringIO()
    _yaml().dump(value, out)
    return before + out.getvalue()


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = _LINE_WIDTH
    return yaml
