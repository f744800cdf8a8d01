"""The tables of vendors' keys."""

from sqlalchemy import delete, select

from codex_proxy.storage.sql.tables.vendor_keys import VENDOR_KEY_MODELS, VENDOR_KEYS
from tests.storage.sql.tables.scene import empty, put


def test_models_go_with_their_key() -> None:
    connection = empty()
    key = {"vendor": "v", "base_url": "https://v.invalid", "wire": "chat", "secret": b"s", "status": "active"}
    counters = {"allow_private": False, "strikes": 0, "added_at": 0.0, "revision": 1}
    model = {"model_id": "m", "position": 0, "display_name": "M", "capabilities": "chat", "enabled": True}
    for name in ("a", "b"):
        put(connection, VENDOR_KEYS, row_id=name, **key, **counters)
        put(connection, VENDOR_KEY_MODELS, row_id=name, **model)
    connection.execute(delete(VENDOR_KEYS).where(VENDOR_KEYS.c.row_id == "a"))
    assert connection.execute(select(VENDOR_KEY_MODELS.c.row_id)).scalars().all() == ["b"]
