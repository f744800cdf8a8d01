"""The topmost own frames of a stack."""

import pytest

from codex_proxy.operations.error_log.frames import own_frames
from tests.operations.error_log.samples import STACK

PYTHON = """Traceback (most recent call last):
  File "/usr/lib/python3.11/asyncio/runners.py", line 190, in run
    return runner.run(main)
  File "/srv/codex_proxy/bootstrap/run.py", line 12, in serve
    await served()
  File "/srv/codex_proxy/gateway/exchange.py", line 99, in answer
    told = await self._refusal()
  File "/srv/lib/site-packages/httpx/_client.py", line 1, in send
    raise
  File "/srv/codex_proxy/usage/records.py", line 4, in counts_of
    return 1 / 0
  File "<frozen importlib._bootstrap>", line 1, in _call
ZeroDivisionError: division by zero
"""
FIREFOX = "draw@http://127.0.0.1:8080/assets/main.js:10:5\n@http://127.0.0.1:8080/assets/main.js:11:2\n"


@pytest.mark.parametrize(
    ("stack", "frames"),
    [
        (STACK, ("index.js:draw", "index.js:Page", "main.js:main")),
        (PYTHON, ("records.py:counts_of", "exchange.py:answer", "run.py:serve")),
        (FIREFOX, ("main.js:draw", "main.js:")),
        ("at once, said somebody", ()),
        ("", ()),
    ],
)
def test_frames_are_read_in_every_form(stack: str, frames: tuple[str, ...]) -> None:
    assert own_frames(stack) == frames


def test_lines_and_builds_make_no_difference() -> None:
    other = STACK.replace(":10:5", ":77:1").replace("Bx3kQ29a", "Zq91bb3c")
    assert own_frames(other) == own_frames(STACK)


def test_a_stack_made_to_be_slow_is_read_at_once() -> None:
    assert own_frames("    at " + "a (" * 3_000 + "\n" + "@" * 3_000 + ":1" * 2_000) == ()
