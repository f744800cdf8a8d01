"""The page on vendors."""

import json

from codex_proxy.bootstrap.vendors.profiles import packaged_profiles
from scripts.vendors_page import profiles_document, vendors_page


def test_every_vendor_and_every_wire_is_told() -> None:
    page = vendors_page()
    for name, profile in packaged_profiles().items():
        rows = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
        assert len(rows) >= 1 + sum(wire.wire.value != "gemini" for wire in profile.wires), name
        assert profile.display_name in rows[0]


def test_the_document_is_the_data() -> None:
    assert json.loads(profiles_document()).keys() == packaged_profiles().keys()
