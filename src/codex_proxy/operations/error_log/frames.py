"""Where in a program an error happened: the topmost frames of a stack that are the program's own.

Rules of this file: pure; a stack that cannot be read has no frames.  Line numbers, addresses and the digests in names
of built files are what differs between two builds, and are left out.  Forms that are read: Python's traceback, whose
last frame is the topmost, and the stacks of browsers and Node.
"""

import re
from typing import Final

MOST_FRAMES: Final = 3
_MOST_LINES: Final = 400
_MOST_LINE: Final = 500
_PYTHON: Final = re.compile(r'^\s*File "(?P<file>[^"]+)", line \d+, in (?P<function>\S+)')
_V8: Final = re.compile(r"^\s*at (?:async )?(?:(?P<function>[^()]+) )?\(?(?P<file>[^()\s]+?)(?::\d+){1,2}\)?$")
_GECKO: Final = re.compile(r"^(?P<function>[^@\s]*)@(?P<file>\S+?)(?::\d+){1,2}$")
_FOREIGN: Final = ("node_modules", "site-packages", "dist-packages", "/lib/python", "node:", "<frozen", "<anonymous>")
_DIGEST: Final = re.compile(r"[-.](?=[\w-]*\d)[\w-]{6,}(?=\.\w+$)")


def own_frames(stack: str) -> tuple[str, ...]:
    """The topmost frames, as ``file:function``."""
    lines = [line.rstrip()[:_MOST_LINE] for line in stack.splitlines()[-_MOST_LINES:]]
    python = [frame for line in lines if (frame := _frame(_PYTHON, line))]
    others = (frame for line in lines if (frame := _frame(_V8, line) or _frame(_GECKO, line)))
    return tuple((python[::-1] or list(others))[:MOST_FRAMES])


def _frame(form: re.Pattern[str], line: str) -> str | None:
    found = form.match(line)
    if found is None or any(part in found["file"] for part in _FOREIGN):
        return None
    path = found["file"].partition("?")[0].partition("#")[0]
    name = _DIGEST.sub("", re.split(r"[\\/]", path)[-1])
    return f"{name}:{(found['function'] or '').strip()}"
