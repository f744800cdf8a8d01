"""Refused starts."""

from codex_proxy.bootstrap.errors import StartRefused


def test_a_refused_start_is_one_sentence() -> None:
    assert str(StartRefused("port 1 is taken")) == "port 1 is taken"
