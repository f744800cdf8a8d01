"""The versions of a scenario."""

import msgspec
import pytest

from codex_proxy.simulator.sections.updates import UpdateSettings


def test_both_versions_are_settable_and_the_form_is_one_of_two() -> None:
    told = msgspec.convert({"desktop_version": "1", "engine_version": "2", "form": "elements"}, UpdateSettings)
    assert (told.desktop_version, told.engine_version, told.form) == ("1", "2", "elements")
    with pytest.raises(msgspec.ValidationError, match="form"):
        msgspec.convert({"form": "verse"}, UpdateSettings)
