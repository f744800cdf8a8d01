"""What the commands ask and show."""

import json

import pytest

from codex_proxy.cli.asking import GatewayRefused
from codex_proxy.cli.vendors import work
from codex_proxy.cli.vendors.work import KeyToAdd
from tests.cli.gatehouse import Seen
from tests.cli.vendors.house import House
from tests.operations.vendor_keys.stage import replied
from tests.operations.vendor_keys.test_book import CONFIGURED
from tests.vendors.samples import SECRET

KEY = KeyToAdd(provider="openai", api_key=SECRET, models=("a", "b"), label="Work")
LIST = b'{"data":[{"id":"gpt"},{"id":"text-embedding"}]}'


async def test_a_key_is_added_listed_switched_and_removed() -> None:
    house, seen = House(CONFIGURED), Seen()
    scene = house.scene(seen)
    await work.add_key(scene, KEY, all_models=False)
    assert seen.text == "key 0000000000000001: 2 new, 0 known already\n"
    await work.switch_keys(scene, ["work"], enabled=False)
    await work.list_keys(scene, as_json=False)
    lines = [line.split() for line in seen.text.splitlines()[1:]]
    assert lines[0] == ["disabled:", "1"]
    assert [line[1:4] for line in lines[2:]] == [
        ["mine", "m", "active"],
        ["openai", "a", "disabled"],
        ["openai", "b", "disabled"],
    ]
    assert SECRET not in seen.text
    await work.switch_keys(scene, ["0000000000000001"], enabled=True)
    await work.remove_keys(scene, [lines[3][0], lines[4][0]])
    assert seen.text.endswith("enabled: 1\nremoved: 2\n")
    with pytest.raises(GatewayRefused, match=r"local\.yaml"):
        await work.remove_keys(scene, ["mine"])


async def test_all_models_that_a_vendor_lists_come_with_what_they_can() -> None:
    house, seen = House(), Seen()
    house.stage.transport.add(replied(LIST))
    await work.add_key(house.scene(seen), KeyToAdd(provider="openai", api_key=SECRET), all_models=True)
    (key,) = house.stage.book.all_keys()
    assert [(model.id, model.capabilities[0].value) for model in key.models] == [
        ("gpt", "chat"),
        ("text-embedding", "embeddings"),
    ]
    told = KeyToAdd(provider="openai", api_key="another-secret", capabilities=("images",))
    house.stage.transport.add(replied(LIST))
    await work.add_key(house.scene(seen), told, all_models=True)
    assert [model.capabilities[0].value for model in house.stage.book.all_keys()[1].models] == ["images", "images"]


async def test_a_key_without_models_is_explained() -> None:
    seen = Seen()
    await work.add_key(House().scene(seen), KeyToAdd(provider="openai", api_key=SECRET), all_models=False)
    assert seen.text.endswith("it names no model; ask for one as openai:MODEL\n")


async def test_vendors_and_models_are_tables_or_json() -> None:
    house, seen = House(), Seen()
    scene = house.scene(seen)
    house.stage.transport.add(replied(LIST), replied(LIST))
    await work.add_key(scene, KEY, all_models=False)
    await work.show_catalogue(scene, as_json=False)
    await work.list_models(scene, "openai", fresh=False, as_json=False)
    assert "Custom" in seen.text
    assert "text-embedding" in seen.text
    for show in (
        work.show_catalogue(scene, as_json=True),
        work.list_keys(scene, as_json=True),
        work.list_models(scene, "openai", fresh=True, as_json=True),
    ):
        seen.out.truncate(seen.out.seek(0))
        await show
        assert isinstance(json.loads(seen.text), dict)


async def test_what_is_wrong_with_the_keeping_is_told() -> None:
    house, seen = House(), Seen()
    house.notices = ("api-keys.json cannot be read",)
    await work.list_keys(house.scene(seen), as_json=False)
    assert seen.text.splitlines() == [
        "api-keys.json cannot be read",
        "no vendor key yet; add one with: codex-proxy vendors add VENDOR",
    ]


async def test_keys_come_from_a_file_and_go_into_one() -> None:
    house, other, seen = House(), House(), Seen()
    await work.add_key(house.scene(seen), KEY, all_models=False)
    file = await work.export_keys(house.scene(seen))
    assert await work.import_keys(other.scene(seen), file, work.media_type_of(".json"))
    assert seen.text.endswith("added 2, updated 0, failed 0\n")
    rows = b"- 5\n" * 30
    assert not await work.import_keys(other.scene(seen), rows, work.media_type_of(".YAML"))
    assert seen.text.endswith("and 10 more\n")


def entry(**members: str | None) -> dict[str, str | None]:
    told: dict[str, str | None] = {"id": "k.1", "keyId": "k", "label": None, "name": None, "provider": "openai"}
    return told | members


def test_keys_are_named_in_several_ways() -> None:
    entries = [entry(), entry(id="k.2"), entry(id="n.1", keyId="n", label="Mine", provider="groq")]
    assert work.resolved(entries, ["k.2", " K ", "mine", "groq", "openai"]) == ["k.2", "k", "n"]
    with pytest.raises(GatewayRefused, match="there is no vendor key other"):
        work.resolved(entries, ["other"])
    with pytest.raises(GatewayRefused, match="openai names several keys: k, o"):
        work.resolved([*entries, entry(id="o.1", keyId="o")], ["openai"])


def test_no_key_shows_in_a_text() -> None:
    assert SECRET not in repr(KEY)
