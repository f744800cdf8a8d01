"""The gateway that runs exchanges; the dialogues stand in ``tests/scenarios``."""

from codex_proxy.bootstrap.outgoing.exchanges import defaults_of
from codex_proxy.settings.schema import ModelSection, SessionSection, Settings, TranslationSection


def test_the_owners_words_hold_where_nobody_else_says() -> None:
    settings = Settings(
        model=ModelSection(
            default_reasoning_effort="high", default_service_tier="flex", default_instructions="be brief"
        ),
        translation=TranslationSection(strict=True),
        session=SessionSection(trust_user_field=True),
    )
    defaults = defaults_of(settings)
    assert (defaults.effort, defaults.service_tier, defaults.instructions) == ("high", "flex", "be brief")
    assert (defaults.strict, defaults.trust_user_field) == (True, True)
