"""Vendor keys as rows."""

from msgspec.structs import replace

from codex_proxy.storage.sealing.ring import Place
from codex_proxy.storage.sql.tables.vendor_keys import VENDOR_KEY_MODELS, VENDOR_KEYS
from codex_proxy.storage.sql.vendor_keys.rows import STANDING_COLUMNS, columns_of, model_rows
from codex_proxy.vendors.key import KeyModel, KeyStatus
from codex_proxy.vendors.profile import Capability
from tests.vendors.samples import SECRET, key


def seal(secret: str, place: Place) -> bytes:
    return f"{secret} in {'/'.join(place)}".encode()


def test_a_new_key_is_written_whole_and_its_secret_is_sealed_for_its_place() -> None:
    columns = columns_of(key("a"), seal)
    assert columns["secret"] == f"{SECRET} in vendor_keys/a/secret".encode()
    assert {*columns, "revision"} == {column.name for column in VENDOR_KEYS.c}
    assert set(STANDING_COLUMNS) <= columns.keys()


def test_only_what_differs_is_written() -> None:
    before = key("a")
    assert columns_of(before, seal, before=before) == {}
    after = replace(before, status=KeyStatus.DISABLED, revision=9, models=())
    assert columns_of(after, seal, before=before) == {"status": "disabled"}
    assert columns_of(replace(before, secret="new"), seal, before=before) == {"secret": b"new in vendor_keys/a/secret"}


def test_models_are_rows_in_their_order() -> None:
    models = (KeyModel(id="b", capabilities=(Capability.CHAT, Capability.SPEECH)), KeyModel(id="a", enabled=False))
    first, second = model_rows(key("k", models=models))
    assert first.keys() == {column.name for column in VENDOR_KEY_MODELS.c}
    assert (first["model_id"], first["position"], first["capabilities"]) == ("b", 0, "chat speech")
    assert (second["model_id"], second["position"], second["enabled"]) == ("a", 1, False)
