"""A vendor's profile."""

import msgspec
import pytest

from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile, ChoiceWord, ThinkingSwitch


def test_where_nothing_is_said_the_vendor_is_like_openai() -> None:
    profile = ChatProfile()
    assert (profile.path, profile.key_header, profile.max_tokens_field) == (
        "/chat/completions",
        "authorization",
        "max_completion_tokens",
    )
    assert profile.thinking == (ThinkingSwitch.REASONING_EFFORT,)
    assert set(profile.choices) == set(ChoiceWord)


def test_data_says_it_in_the_same_words() -> None:
    told = {"thinking": ["thinking", "reasoning_effort"], "choices": ["auto"], "renames": {"seed": "random_seed"}}
    assert msgspec.convert(told, ChatProfile).thinking == (
        ThinkingSwitch.THINKING_TYPE,
        ThinkingSwitch.REASONING_EFFORT,
    )
    with pytest.raises(msgspec.ValidationError, match="strickt"):
        msgspec.convert({"strickt": True}, ChatProfile)
