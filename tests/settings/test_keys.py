"""How keys are declared."""

import pytest
from pydantic import ValidationError

from codex_proxy.settings.keys import Change, Section, key


class Example(Section):
    """A section."""

    names: list[str] = key([], "Names.")
    port: int = key(1, "A port.", change=Change.LIVE, secret=True, file_only=True)


def test_a_key_carries_its_words_and_marks() -> None:
    info = Example.model_fields["port"]
    assert info.description == "A port."
    assert info.json_schema_extra == {"change": "live", "used": True, "secret": True, "file_only": True}


def test_limits_and_the_least_that_may_be_asked_for_are_carried_too() -> None:
    info = key(1, "A port.", ge=0, le=9, least_asked=1)
    assert info.json_schema_extra["least_asked"] == 1
    assert [type(limit).__name__ for limit in info.metadata] == ["Ge", "Le"]


def test_a_key_that_can_do_nothing_here_says_why() -> None:
    info = key(1, "A port.", idle="there are no ports")
    assert info.description == "A port. Accepted, has no effect here: there are no ports."
    assert (info.json_schema_extra["used"], info.json_schema_extra["idle"]) == (False, "there are no ports")


def test_two_sections_do_not_share_a_default() -> None:
    Example().names.append("x")
    assert Example().names == []


def test_a_section_is_frozen_and_knows_its_keys() -> None:
    with pytest.raises(ValidationError):
        Example.model_validate({"prot": 1})
    with pytest.raises(ValidationError):
        Example().__setattr__("port", 2)
