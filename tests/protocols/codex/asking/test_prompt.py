"""Where a system prompt stands."""

import pytest

from codex_proxy.canonical.request import CodexHints, Dialect, Request, SessionHints
from codex_proxy.protocols.codex.asking.prompt import PlacedPrompt, developer_message, headed, joined, placed_prompt
from tests.protocols.codex.parts import request, target

CODEX = request(dialect=Dialect.OPENAI_RESPONSES, session=SessionHints(codex=CodexHints()))


@pytest.mark.parametrize(
    ("asked", "inline", "own", "instructions", "developer"),
    [
        (request(), False, None, "desk\n\ndefault", ""),
        (request(), False, "be kind", "desk\n\nbe kind", ""),
        (request(), True, "be kind", "desk\n\ndefault", "be kind"),
        (request(), True, None, "desk\n\ndefault", ""),
        (CODEX, True, "codex", "desk\n\ncodex", ""),
        (CODEX, False, None, None, "desk"),
    ],
)
def test_places(asked: Request, inline: bool, own: str | None, instructions: str | None, developer: str) -> None:
    wanted = target(preamble="desk", default_instructions="default", prompt_inline=inline)
    assert placed_prompt(asked, wanted, own) == PlacedPrompt(instructions=instructions, developer=developer)


def test_a_developers_words_come_behind_the_tools_that_stand_in_the_input() -> None:
    tools, said = {"type": "additional_tools", "tools": []}, {"type": "message", "role": "user", "content": []}
    assert headed([tools, said], "x") == [tools, developer_message("x"), said]
    assert headed([tools], "x") == [tools, developer_message("x")]
    assert headed([said], "") == [said]
    assert joined("", "a", "", "b") == "a\n\nb"
