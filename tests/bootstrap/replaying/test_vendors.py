"""Vendors of a capsule as they are played."""

import pytest

from codex_proxy.bootstrap.replaying.vendors import played_keys, played_providers, played_url
from codex_proxy.operations.capsules.capsule import CapsuleUnusable
from codex_proxy.operations.capsules.replay import ReplayedKey
from codex_proxy.vendors.key import KeyStatus
from codex_proxy.vendors.pool import VendorPool, Wanted
from tests.operations.capsules.samples import asked_key

BACKEND = "http://127.0.0.1:1/backend-api"


def test_keys_are_asked_in_their_order_and_one_that_took_no_part_never() -> None:
    profile = {"quirks": {"refuses": ["seed"]}}
    told = [asked_key("z", profile=profile), asked_key("a", profile=profile)]
    keys = played_keys([ReplayedKey(key=key, tape=()) for key in told], BACKEND)
    pool = VendorPool()
    for key in keys:
        pool.put(key)
    ranked = pool.rank(Wanted(vendor="openai", model="acme-1"), exclude=frozenset(), now=99.0)
    assert isinstance(ranked, tuple)
    assert [(key.row_id, key.base_url) for key in ranked] == [
        ("z", played_url(BACKEND, 0)),
        ("a", played_url(BACKEND, 1)),
    ]
    assert {key.row_id for key in keys if key.status is KeyStatus.DISABLED} == {"settings-openai"}
    assert len({key.secret for key in keys[:2]}) == 2


def test_a_key_of_the_configuration_takes_the_place_of_its_entry() -> None:
    played = [ReplayedKey(key=asked_key("settings-mine", vendor="custom", name="mine"), tape=())]
    (key,) = played_keys(played, BACKEND)
    assert (key.row_id, key.called, key.allow_private) == ("settings-mine", "mine", True)
    (entry,) = played_providers(played, BACKEND)["custom"].values()
    assert (entry["base_url"], entry["wire"]) == (key.base_url, "chat")


def test_what_the_owner_says_goes_along_and_an_address_does_not() -> None:
    profile = {"quirks": {"refuses": ["seed"]}, "base_url": "http://evil.example", "headers": {"x": "y"}}
    entry = played_providers([ReplayedKey(key=asked_key(profile=profile), tape=())], BACKEND)["custom"]["openai"]
    assert entry["quirks"] == {"refuses": ["seed"]}
    assert entry["base_url"] == "http://127.0.0.1:1/vendors/0"
    assert "headers" not in entry
    assert played_providers([ReplayedKey(key=asked_key(), tape=())], BACKEND) == {}


def test_a_key_that_could_be_none_is_refused() -> None:
    with pytest.raises(CapsuleUnusable, match="semaphore"):
        played_keys([ReplayedKey(key=asked_key(wire="semaphore"), tape=())], BACKEND)
