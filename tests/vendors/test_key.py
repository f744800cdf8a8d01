"""A vendor key as a value."""

import pytest

from codex_proxy.vendors.key import KeyModel, KeyStatus, VendorKey
from tests.vendors.samples import NOW, SECRET, key


def test_a_secret_never_shows_in_a_text() -> None:
    assert SECRET not in f"{key()!r} {key()} {[key()]}"


@pytest.mark.parametrize(
    ("secret", "shown"),
    [(SECRET, "sk-v****cdef"), ("0123456789abcdef", "0123****cdef"), ("0123456789abcde", "****"), ("", "****")],
)
def test_a_secret_is_shown_by_its_ends_and_a_short_one_not_at_all(secret: str, shown: str) -> None:
    assert key(secret=secret).masked == shown


def test_a_configured_key_is_known_by_its_own_name_and_by_its_vendors() -> None:
    stored, configured = key(), key(vendor="deepseek", name="cheap")
    assert (stored.called, configured.called) == ("openai", "cheap")
    assert configured.is_named("cheap")
    assert configured.is_named("deepseek")
    assert not configured.is_named("openai")


def test_a_key_is_off_as_a_whole_or_model_by_model() -> None:
    on, off = KeyModel(id="m"), KeyModel(id="n", enabled=False)
    assert key(status=KeyStatus.DISABLED).is_off
    assert key(models=(off,)).is_off
    assert not key(models=(on, off)).is_off
    assert not key(models=(), status=KeyStatus.ERROR).is_off


def test_what_a_key_says_of_a_model() -> None:
    model = KeyModel(id="m", display_name="M")
    assert key(models=(model,)).model("m") is model
    assert key(models=(model,)).model("n") is None


@pytest.mark.parametrize(("until", "cooling"), [(None, False), (NOW, False), (NOW + 0.1, True)])
def test_a_rest_is_over_at_its_end(until: float | None, cooling: bool) -> None:
    resting: VendorKey = key(cooling_until=until)
    assert resting.is_cooling(NOW) is cooling
