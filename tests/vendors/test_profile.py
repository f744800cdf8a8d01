"""The words of profiles."""

from codex_proxy.vendors.profile import Capability, Wire


def test_wires_and_capabilities_have_the_names_that_files_and_interfaces_use() -> None:
    assert [wire.value for wire in Wire] == ["chat", "responses", "codex-responses", "anthropic", "gemini"]
    assert Capability("embeddings") is Capability.EMBEDDINGS
