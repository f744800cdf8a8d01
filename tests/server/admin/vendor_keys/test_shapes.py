"""What is shown."""

from msgspec.structs import replace

from codex_proxy.server.admin.vendor_keys.shapes import AskedList, KeyRow, NewKey, entry_views, key_row, model_views
from codex_proxy.vendors.key import KeySource
from codex_proxy.vendors.profile import SuggestedModel, Wire
from codex_proxy.vendors.telling import ToldKey
from tests.vendors.samples import NOW, SECRET, key


def test_times_are_texts_and_a_configured_key_has_no_beginning() -> None:
    (view,) = entry_views([key(added_at=NOW, last_used_at=NOW + 0.5, cooling_until=NOW + 5)])
    assert (view.added_at, view.last_used_at, view.cooling_until) == (
        "2027-01-15T08:00:00.000Z",
        "2027-01-15T08:00:00.500Z",
        "2027-01-15T08:00:05.000Z",
    )
    (configured,) = entry_views([key(source=KeySource.SETTINGS, name="mine", models=())])
    assert (configured.added_at, configured.model, configured.name) == (None, None, "mine")


def test_a_model_without_a_name_is_shown_by_its_id() -> None:
    (view,) = model_views([SuggestedModel(id="m")])
    assert view.display_name == "m"


def test_what_is_told_goes_on_whole() -> None:
    new = NewKey(provider="p", api_key="k", models=("m",), base_url="u", label="l", wire=Wire.CHAT, allow_private=True)
    told = ToldKey(
        provider="p", api_key="k", models=("m",), base_url="u", label="l", wire=Wire.CHAT, allow_private=True
    )
    assert new.told() == told
    asked = AskedList(provider="p", api_key="k", base_url="u", wire=Wire.CHAT, allow_private=True, fresh=True)
    assert asked.told() == replace(told, models=(), label=None)
    row = key_row(told)
    assert row == KeyRow(
        provider="p",
        models=("m",),
        api_key="k",
        base_url="u",
        label="l",
        capabilities=(),
        wire=Wire.CHAT,
        allow_private=True,
    )
    assert SECRET not in repr([NewKey(provider="p", api_key=SECRET), AskedList(provider="p", api_key=SECRET)])
    assert SECRET not in repr(replace(row, api_key=SECRET))
