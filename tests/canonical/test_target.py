"""A target names a conversation and never shows its token."""

from codex_proxy.canonical.target import Credential, UpstreamIdentity


def test_a_credential_hides_its_token() -> None:
    credential = Credential(token="ey-secret", account_id="acc-1")
    assert "ey-secret" not in repr(credential)
    assert "acc-1" in repr(credential)


def test_a_window_is_its_thread_and_a_count() -> None:
    identity = UpstreamIdentity(session_id="s", thread_id="t", turn_id="u", window_number=2)
    assert identity.window_id == "t:2"
