"""What a store does with a key that is there already; what stores keep to is in the contract suites."""

from typing import Any

import pytest
from hypothesis import given

from codex_proxy.vendors.key import KeyModel, VendorKey
from codex_proxy.vendors.profile import Capability, Wire
from codex_proxy.vendors.store import Kept, is_same, joined
from tests.vendors.samples import KEYS, key


@pytest.mark.parametrize(
    "members",
    [{"secret": "other"}, {"vendor": "groq"}, {"wire": Wire.RESPONSES}, {"base_url": "https://elsewhere.example"}],
)
def test_a_key_is_the_same_where_vendor_address_wire_and_secret_are(members: dict[str, Any]) -> None:
    assert is_same(key("a"), key("b", label="x", models=()))
    assert not is_same(key("a"), key("a", **members))


def test_a_model_that_is_told_again_can_do_more_and_stays_switched_off() -> None:
    known = key(models=(KeyModel(id="m", display_name="M", enabled=False),))
    told = key("b", models=(KeyModel(id="m", capabilities=(Capability.EMBEDDINGS,)),))
    assert joined(known, told).models == (
        KeyModel(id="m", display_name="M", capabilities=(Capability.EMBEDDINGS,), enabled=False),
    )


def test_leave_for_private_addresses_is_given_and_not_taken() -> None:
    assert joined(key(), key("b", allow_private=True)).allow_private
    assert joined(key(allow_private=True), key("b")).allow_private


@given(KEYS, KEYS)
def test_telling_a_key_twice_is_telling_it_once(known: VendorKey, told: VendorKey) -> None:
    once = joined(known, told)
    assert joined(once, told) == once
    assert joined(known, known) == known
    assert (once.row_id, once.status, once.cooling_until) == (known.row_id, known.status, known.cooling_until)


def test_what_is_new_about_a_key() -> None:
    assert Kept(key=key(models=(KeyModel(id="m"), KeyModel(id="n")))).new_models == ("m", "n")
    assert Kept(key=key(models=(KeyModel(id="m"), KeyModel(id="n"))), before=key()).new_models == ("n",)
