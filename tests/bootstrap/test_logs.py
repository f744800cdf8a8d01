"""What reaches the log stream."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from codex_proxy.bootstrap.logs import configure_logs
from codex_proxy.bootstrap.redaction import REDACTED
from codex_proxy.bootstrap.secrecy.known import KnownSecrets


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    before = logging.getLogger().handlers[:]
    yield io.StringIO()
    logging.getLogger().handlers[:] = before
    structlog.reset_defaults()


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_our_records_and_foreign_ones_share_one_redacted_stream(out: io.StringIO) -> None:
    configure_logs("json", stream=out)
    structlog.get_logger("a").info("started", key="cp-0123456789abcdef0123", port=8080)
    logging.getLogger("foreign").warning("refused Bearer %s", "opaque-value-123")
    ours, foreign = lines(out)
    assert (ours["event"], ours["port"], ours["level"]) == ("started", 8080, "info")
    assert "0123456789" not in str(ours)
    assert "opaque-value" not in str(foreign)


def test_a_word_that_was_innocent_is_looked_at_again_once_it_is_known_for_a_secret(out: io.StringIO) -> None:
    known = KnownSecrets()
    configure_logs("json", stream=out, known=known)
    log = structlog.get_logger("a")
    for _ in range(2):
        log.info("asked", model="correct horse battery", password="correct horse battery")
    known.learn("correct horse battery")
    log.info("asked", model="correct horse battery", number=7, ok=True)
    before, again, after = lines(out)
    assert (before["model"], before["password"]) == ("correct horse battery", REDACTED)
    assert (again["model"], again["password"]) == ("correct horse battery", REDACTED)
    assert (after["model"], after["number"], after["ok"]) == (REDACTED, 7, True)


def test_an_exception_is_told_without_its_secrets(out: io.StringIO) -> None:
    configure_logs("json", stream=out)
    try:
        raise ValueError("token eyJhbGciOiJub25l.eyJzdWIiOiIx.sig is bad")
    except ValueError:
        structlog.get_logger("a").exception("defect")
    (record,) = lines(out)
    assert "ValueError" in str(record["exception"])
    assert "eyJzdWIi" not in str(record["exception"])


def test_the_console_style_is_one_readable_line(out: io.StringIO) -> None:
    configure_logs("console", stream=out)
    structlog.get_logger("a").info("started", port=8080)
    assert "started" in out.getvalue()
    assert "port=8080" in out.getvalue()


def test_without_a_terminal_lines_are_json(out: io.StringIO) -> None:
    configure_logs("auto", stream=out)
    structlog.get_logger("a").info("started", port=8080)
    assert lines(out)[0]["port"] == 8080


def test_text_that_is_no_unicode_is_still_told(out: io.StringIO) -> None:
    configure_logs("json", stream=out)
    structlog.get_logger("a").info("unreadable", path="caf\udce9")
    assert lines(out)[0]["path"] == "caf\\udce9"
