"""The third-party keys of the Node system, taken over once."""

import json
from itertools import count
from pathlib import Path

import pytest

from codex_proxy.storage.legacy.node_files import NodeFileUnreadable
from codex_proxy.storage.legacy.vendor_keys import NodeKeyImport, import_node_keys, parse_api_keys
from codex_proxy.storage.opening import Stores
from codex_proxy.vendors.key import KeyModel, VendorKey
from codex_proxy.vendors.profile import Capability, Wire
from codex_proxy.vendors.telling import ToldKey, key_of
from tests.stores.places import opened
from tests.vendors.test_telling import PROFILES

ENTRY = {
    "id": "abc",
    "provider": "openai",
    "model": "gpt",
    "apiKey": "sk-one",
    "baseUrl": "https://api.example/v1",
    "label": "work",
    "capabilities": ["chat", "embeddings"],
    "wire": "chat",
    "status": "active",
    "addedAt": "2026-01-02T03:04:05.678Z",
    "lastUsedAt": None,
}
SAME = ENTRY | {"model": "embed", "status": "disabled"}
OTHER = {"provider": "gemini", "model": "models/pro", "apiKey": "g-key", "lastUsedAt": "2026-01-03T00:00:00Z"}


NUMBERS = count()


def read_key(told: ToldKey) -> VendorKey:
    return key_of(told, PROFILES, row_id=f"k{next(NUMBERS)}", now=500.0)


def copies_in(folder: Path) -> list[Path]:
    return list(folder.glob("api-keys.json.corrupt-*"))


async def taken_over(stores: Stores, folder: Path) -> NodeKeyImport | None:
    return await import_node_keys(
        folder, keys=stores.vendor_keys, marks=stores.marks, read_key=read_key, now=1_790_000_000.0
    )


async def test_keys_come_with_their_models_once(tmp_path: Path) -> None:
    (tmp_path / "api-keys.json").write_text(json.dumps([ENTRY, SAME, OTHER, ENTRY | {"provider": "acme"}, 7]))
    async with opened(tmp_path / "new", folder=tmp_path / "new") as stores:
        assert await taken_over(stores, tmp_path) == NodeKeyImport(
            added=2,
            skipped=(
                "api-keys.json: key 4: provider: 'acme' is no known vendor; known are openai, gemini, local, custom",
                "api-keys.json: key 5: entry: it is no object",
            ),
        )
        second, first = (await stores.vendor_keys.load()).keys
        assert (first.label, first.secret, first.added_at) == ("work", "sk-one", 1_767_323_045.678)
        assert first.models == (
            KeyModel(id="gpt", capabilities=(Capability.CHAT, Capability.EMBEDDINGS)),
            KeyModel(
                id="embed",
                display_name="Embedder",
                capabilities=(Capability.CHAT, Capability.EMBEDDINGS),
                enabled=False,
            ),
        )
        assert (second.wire, second.base_url, second.last_used_at) == (
            Wire.GEMINI,
            "https://gemini.example",
            1_767_398_400.0,
        )
        await stores.vendor_keys.change([first.row_id], lambda _: None)
        assert await taken_over(stores, tmp_path) is None
        assert len((await stores.vendor_keys.load()).keys) == 1


async def test_keys_that_are_known_already_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "api-keys.json").write_text(json.dumps({"keys": [ENTRY, OTHER]}))
    async with opened(tmp_path / "new", folder=tmp_path / "new") as stores:
        await stores.vendor_keys.add([read_key(ToldKey(provider="gemini", api_key="g-key"))])
        assert await taken_over(stores, tmp_path) == NodeKeyImport(added=1, updated=1)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"{}", b'"keys"', b'{"keys": {}}', b"[" * 100_000])
async def test_s_18_a_file_that_cannot_be_read_is_copied_away_and_never_taken_for_an_empty_one(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "api-keys.json"
    path.write_bytes(content)
    async with opened(tmp_path / "new", folder=tmp_path / "new") as stores:
        for _ in range(2):
            done = await taken_over(stores, tmp_path)
            assert done is not None
            assert done.quarantined is not None
            assert done.quarantined.read_bytes() == content
            assert done.skipped[0].startswith("api-keys.json cannot be read and nothing was taken from it: it ")
        assert len(copies_in(tmp_path)) == 1
        path.write_text(json.dumps([ENTRY]))
        assert await taken_over(stores, tmp_path) == NodeKeyImport(added=1)


async def test_without_a_file_there_is_nothing_to_do(tmp_path: Path) -> None:
    async with opened(tmp_path / "new", folder=tmp_path / "new") as stores:
        assert await taken_over(stores, tmp_path) is None


def test_no_key_shows_in_what_is_told() -> None:
    raw = json.dumps(
        [ENTRY | {"apiKey": "sk secret"}, ENTRY | {"wire": "grpc", "apiKey": "sk-secret"}, ENTRY | {"apiKey": 5}]
    ).encode()
    keys, skipped = parse_api_keys(raw, read_key)
    assert (keys, len(skipped)) == ((), 3)
    assert "secret" not in " ".join(skipped)
    with pytest.raises(NodeFileUnreadable):
        parse_api_keys(b"sk-secret", read_key)
