"""The packaged profiles."""

from codex_proxy.bootstrap.vendors.profiles import vendor_profiles


def test_every_packaged_profile_can_be_used() -> None:
    assert {"openai", "anthropic", "gemini", "openrouter", "custom"} <= vendor_profiles().keys()
