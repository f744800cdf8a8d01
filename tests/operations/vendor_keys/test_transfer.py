"""Keys as files."""

from typing import Any

import msgspec
import pytest

from codex_proxy.accounts.formats.shapes import ImportUnreadable
from codex_proxy.operations.vendor_keys.transfer import MOST_BYTES, KeyFileForm, exported, read_key_file
from codex_proxy.vendors.entries import entry_id
from codex_proxy.vendors.telling import ToldKey
from tests.operations.vendor_keys.stage import Stage, told
from tests.operations.vendor_keys.test_book import CONFIGURED
from tests.vendors.samples import SECRET

YAML = b"""
keys:
  - provider: openai
    apiKey: sk-yaml
    models: [a, b]
  - 5
"""


def shown(stage: Stage) -> list[Any]:
    """The keys without what differs from one gateway to the next."""
    names = ("vendor", "base_url", "wire", "secret", "label", "models", "allow_private")
    return [[getattr(key, name) for name in names] for key in stage.book.all_keys()]


async def test_an_export_brings_everything_back() -> None:
    stage, other = Stage(CONFIGURED), Stage()
    key = await stage.add("a", "b", label="mine")
    await stage.changes.switch(entry_id(key.row_id, "b"), enabled=False)
    await stage.add(provider="local", api_key="")
    file = msgspec.json.encode({"keys": exported(stage.book.all_keys())})
    rows = read_key_file(file, KeyFileForm.JSON)
    assert (await other.changes.add_all(rows)).errors == ()
    assert shown(other) == shown(stage)[1:]
    assert rows[0] == ToldKey(
        provider="openai",
        api_key=SECRET,
        models=("a",),
        base_url="https://api.example/v1",
        label="mine",
        capabilities=key.models[0].capabilities,
        wire=key.wire,
    )


def test_a_file_is_json_or_yaml() -> None:
    first, second = read_key_file(YAML, KeyFileForm.YAML)
    assert first == told("a", "b", api_key="sk-yaml")
    assert second == "Expected `object`, got `int`"
    assert read_key_file(b'[{"provider": "openai"}]', KeyFileForm.JSON) == (ToldKey(provider="openai"),)


@pytest.mark.parametrize(
    ("body", "form", "words"),
    [
        (b"{", KeyFileForm.JSON, "no JSON"),
        (b'{"keys": 5}', KeyFileForm.JSON, "no list of keys"),
        (b'"sk-secret"', KeyFileForm.JSON, "no list of keys"),
        (b"[" * 100_000, KeyFileForm.JSON, "no JSON"),
        (b"keys: [sk-secret", KeyFileForm.YAML, "YAML is malformed"),
        (b"[" + b"1," * 5000 + b"1]", KeyFileForm.JSON, "more than 5000"),
        (b" " * (MOST_BYTES + 1), KeyFileForm.JSON, "at most 5 MB"),
    ],
)
def test_what_is_no_such_file_is_told_without_its_content(body: bytes, form: KeyFileForm, words: str) -> None:
    with pytest.raises(ImportUnreadable, match=words) as caught:
        read_key_file(body, form)
    assert "secret" not in str(caught.value)
