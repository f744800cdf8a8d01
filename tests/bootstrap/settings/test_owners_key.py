"""The client key of the owner's choice."""

import pytest
from structlog.testing import capture_logs

from codex_proxy.bootstrap.logs import configure_logs
from codex_proxy.bootstrap.settings.owners_key import is_too_weak, is_weak, warn_of

GOOD = "9tQmZ2xVb7Kc4RwLpY8nHd"


@pytest.mark.parametrize(
    ("secret", "weak"), [(None, False), (GOOD, False), ("pwd", True), (GOOD[:-1], True), ("change-me-" + GOOD, True)]
)
def test_a_weak_key_is_one_that_others_may_guess_or_know(secret: str | None, *, weak: bool) -> None:
    assert is_weak(secret) is weak
    assert is_too_weak(secret, host="0.0.0.0") is weak
    assert not is_too_weak(secret, host="127.0.0.1")


def test_on_loopback_its_owner_is_warned() -> None:
    configure_logs("auto")
    with capture_logs() as told:
        for secret in ("pwd", GOOD, None):
            warn_of(secret)
    assert [line["event"] for line in told] == ["server.proxy_api_key is weak; that will do on loopback only"]
