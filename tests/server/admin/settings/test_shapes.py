"""Bodies of requests about settings."""

import msgspec
import pytest

from codex_proxy.server.admin.settings.shapes import SettingsChange, UndoWish


def test_a_null_is_not_the_same_as_nothing() -> None:
    assert msgspec.json.decode(b"{}", type=SettingsChange).proxy_api_key is msgspec.UNSET
    assert msgspec.json.decode(b'{"proxy_api_key":null}', type=SettingsChange).proxy_api_key is None
    assert msgspec.json.decode(b"{}", type=UndoWish).number is None


@pytest.mark.parametrize("body", [b'{"values":[]}', b'{"unset":"a"}', b'{"proxy_api_key":5}'])
def test_types_are_checked(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=SettingsChange)
