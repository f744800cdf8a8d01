"""Which models a key may ask for."""

import pytest

from codex_proxy.access.granted.models import may_use


@pytest.mark.parametrize(
    ("allowed", "model", "asked", "may"),
    [
        (None, "gpt-5.5", "opus", True),
        ((), "gpt-5.5", "gpt-5.5", False),
        (("gpt-5.4*",), "gpt-5.4-mini", "gpt-5.4-mini-high-fast", True),
        (("gpt-5.4",), "gpt-5.4", "gpt-5.4-high-fast", True),
        (("gpt-5.4",), "gpt-5x4", "gpt-5x4", False),
        (("GPT-5.4",), "gpt-5.4", "gpt-5.4", True),
        (("gpt-5.4*",), "gpt-5.5", "gpt-5.4-opus", False),  # a family's word within a name
        (("mine",), "gpt-5.5", "mine", True),  # an alias that the owner named
        (("min*",), "gpt-5.5", "mine", False),
        (("*",), "anything/at:all", "x", True),
    ],
)
def test_s_13_where_a_name_leads_decides(allowed: tuple[str, ...] | None, model: str, asked: str, *, may: bool) -> None:
    assert may_use(allowed, model, asked=asked) is may


def test_s_13_a_vendors_prefix_opens_no_other_model_and_may_be_named() -> None:
    assert not may_use(("gpt-5.4",), "gpt-5.5", vendor="openai", asked="openai:gpt-5.5")
    assert may_use(("openai:*",), "gpt-5.5", vendor="openai", asked="openai:gpt-5.5")
    assert not may_use(("openai:*",), "gpt-5.5", asked="gpt-5.5")
    assert not may_use(("openai:*",), "gpt-5.5", vendor="groq", asked="groq:gpt-5.5")
