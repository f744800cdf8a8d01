"""What a client says of the place of its system prompt."""

import pytest

from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.asking.prompt_place import PROMPT_HEADER, prompt_inline


@pytest.mark.parametrize(("told", "inline"), [("instructions", False), (" developer_inline ", True)])
def test_the_words_are_the_settings(told: str, inline: bool) -> None:
    assert prompt_inline({PROMPT_HEADER: told}) is inline
    assert prompt_inline({}) is None


@pytest.mark.parametrize("told", ["", "system_inline", "Instructions"])
def test_another_word_is_refused_with_the_header_named(told: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        prompt_inline({PROMPT_HEADER: told})
    assert (refused.value.path, "developer_inline" in refused.value.reason) == (PROMPT_HEADER, True)
