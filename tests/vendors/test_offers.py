"""What the keys offer together."""

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.vendors.key import KeyModel, KeyStatus, VendorKey
from codex_proxy.vendors.offers import Offers, offers_of
from tests.vendors.samples import KEYS, key


def models(*ids: str) -> tuple[KeyModel, ...]:
    return tuple(KeyModel(id=model_id) for model_id in ids)


def test_models_are_offered_under_the_names_of_those_who_list_them() -> None:
    offers = offers_of(
        [
            key("a", vendor="openai", models=models("gpt", "shared")),
            key("b", vendor="openai", models=models("gpt")),
            key("c", vendor="custom", name="mine", models=models("shared")),
        ]
    )
    assert offers.models == {"gpt": ("openai",), "shared": ("mine", "openai")}
    assert offers.vendors == {"openai", "custom", "mine"}


def test_what_is_disabled_is_not_offered_and_what_is_refused_still_is() -> None:
    off = key("a", vendor="groq", status=KeyStatus.DISABLED)
    refused = key("b", vendor="xai", status=KeyStatus.ERROR, models=(KeyModel(id="m"), KeyModel(id="n", enabled=False)))
    assert offers_of([off, refused]) == Offers(models={"m": ("xai",)}, vendors=frozenset({"xai"}))


@given(st.lists(KEYS, max_size=4, unique_by=lambda each: each.row_id))
def test_the_order_of_the_keys_makes_no_difference(keys: list[VendorKey]) -> None:
    assert offers_of(keys) == offers_of(reversed(keys))
