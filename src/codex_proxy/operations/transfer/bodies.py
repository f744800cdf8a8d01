"""The bytes of an import, in whatever form they come.

Rules of this file: total: the answer are entries or ``ImportUnreadable``, which names a place and never the text.  YAML
is read slowly, so that little of it is taken.
"""

import re
from enum import StrEnum
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from codex_proxy.accounts.formats.reading import TextForm, find_in_text
from codex_proxy.accounts.formats.shapes import Entries, ImportUnreadable, find_entries

MOST_YAML_BYTES: Final = 1_000_000
_DIRECTIVE: Final = re.compile(rb"^%", re.MULTILINE)


class BodyForm(StrEnum):
    """What a body says it is."""

    JSON = "json"
    LINES = "lines"
    YAML = "yaml"


def find_in_body(body: bytes, form: BodyForm) -> Entries:
    """The entries in a body; takes its time, so that it belongs into a thread.

    Raises:
        ImportUnreadable: nothing can be taken from it.
    """
    match form:
        case BodyForm.YAML:
            return find_entries(read_yaml(body))
        case BodyForm.JSON:
            return find_in_text(body, TextForm.JSON)
        case BodyForm.LINES:
            return find_in_text(body, TextForm.LINES)


def read_yaml(body: bytes) -> Any:
    """What a YAML text holds; raises ``ImportUnreadable``."""
    if len(body) > MOST_YAML_BYTES:
        raise ImportUnreadable(f"as YAML at most {MOST_YAML_BYTES // 1_000_000} MB is taken; use JSON", too_large=True)
    if _DIRECTIVE.search(body) is not None:
        raise ImportUnreadable("it is YAML with directives (lines that begin with %)")
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False  # the warning would repeat lines of the text
    try:
        return yaml.load(body)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        place = "" if mark is None else f": line {mark.line + 1}, column {mark.column + 1}"
        raise ImportUnreadable(f"the YAML is malformed{place}") from None
    except (
        YAMLError,
        ValueError,
        LookupError,
        RecursionError,
    ):  # what its constructors raise for `!!float ""` and such
        raise ImportUnreadable("the YAML is malformed") from None
