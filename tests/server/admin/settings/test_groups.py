"""Members of bodies and their keys."""

import pytest

from codex_proxy.server.admin.settings.groups import (
    GENERAL,
    OLLAMA,
    QUOTA,
    ROTATION,
    GeneralSettings,
    Group,
    values_of,
)
from codex_proxy.settings.load import known_keys, marks_of


@pytest.mark.parametrize("group", [ROTATION, GENERAL, QUOTA, OLLAMA], ids=lambda group: group.path)
def test_every_member_is_a_key_of_its_own_that_may_be_changed_here(group: Group) -> None:
    assert len(set(group.keys.values())) == len(group.shape.__struct_fields__)
    assert all(not marks_of(known_keys()[key])["file_only"] for key in group.keys.values())


def test_only_what_was_told_is_wanted() -> None:
    told = GeneralSettings(proxy_url=None, port=5)
    assert values_of(GENERAL, told) == {"server.port": 5, "tls.proxy_url": None}
