"""Members of bodies and their keys."""

import msgspec
import pytest

from codex_proxy.server.admin.settings.groups import (
    GENERAL,
    OLLAMA,
    QUOTA,
    ROTATION,
    GeneralSettings,
    Group,
    OllamaSettings,
    QuotaSettings,
    RotationSettings,
    values_of,
)
from codex_proxy.settings.load import known_keys, marks_of

PAIRS = ((ROTATION, RotationSettings), (GENERAL, GeneralSettings), (QUOTA, QuotaSettings), (OLLAMA, OllamaSettings))


@pytest.mark.parametrize(("group", "body"), PAIRS, ids=lambda each: getattr(each, "path", ""))
def test_every_member_is_a_key_that_may_be_changed_here(group: Group, body: type[msgspec.Struct]) -> None:
    assert tuple(group.keys) == body.__struct_fields__
    assert all(not marks_of(known_keys()[key])["file_only"] for key in group.keys.values())


def test_only_what_was_told_is_wanted() -> None:
    told = GeneralSettings(proxy_url=None, port=5)
    assert values_of(GENERAL, told) == {"server.port": 5, "tls.proxy_url": None}
