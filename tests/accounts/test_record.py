"""What is kept of an account."""

from codex_proxy.accounts.record import Secrets


def test_secrets_show_which_they_are_and_not_what_they_are() -> None:
    secrets = Secrets(access_token="eyJ-secret", refresh_token="rt_secret")
    assert repr(secrets) == "Secrets(holds=['access_token', 'refresh_token'])"
    assert "secret" not in f"{secrets} {secrets!r}"
