"""What is refused."""

import pytest

from codex_proxy.canonical.failure import FailureKind
from codex_proxy.operations.vendor_keys.parts import KeyConfigured, UnknownKey, VendorRefused
from tests.vendors.samples import failure


def test_refusals_are_sentences() -> None:
    assert str(UnknownKey("x")) == "there is no vendor key 'x'"
    assert str(KeyConfigured("cheap")) == "the key cheap is set in local.yaml under providers; change it there"


@pytest.mark.parametrize(("kind", "about_the_key"), [(FailureKind.UNAUTHORIZED, True), (FailureKind.FORBIDDEN, False)])
def test_a_vendor_that_does_not_know_the_key_is_told_from_one_that_fails(
    kind: FailureKind, about_the_key: bool
) -> None:
    refused = VendorRefused("groq", failure(kind))
    assert str(refused) == "groq gave no list of models: so it is"
    assert refused.is_about_the_key is about_the_key
