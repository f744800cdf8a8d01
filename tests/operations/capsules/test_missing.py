"""What was not kept, and how to keep it."""

import pytest

from codex_proxy.operations.capsules.capsule import CapsuleUnusable, Kept
from codex_proxy.operations.capsules.missing import kept_as_digests, no_bodies, text_of, why_not_whole
from codex_proxy.settings.sections.recording import LogsSection
from tests.operations.capsules.samples import call, capsule, kept


def test_without_bodies_it_is_said_how_to_keep_them() -> None:
    told = no_bodies(capsule(exchange=None)) or ""
    assert "logs.capture_body" in told
    assert "/admin/logs/state" in told
    assert "capture_body" in LogsSection.model_fields
    assert no_bodies(capsule(call())) is None


def test_a_body_that_was_cut_names_its_size_and_the_limit_that_keeps_it() -> None:
    told = why_not_whole(Kept(bytes=90_000, text="{", end="}", cut=True), "the client's request") or ""
    assert "90000 bytes of the client's request" in told
    assert "logs.max_body_bytes 90000" in told
    assert "max_body_bytes" in LogsSection.model_fields
    assert why_not_whole(kept("{}"), "x") is None


def test_a_body_that_is_no_text_names_its_type() -> None:
    with pytest.raises(CapsuleUnusable, match="audio/mpeg"):
        text_of(Kept(bytes=9, type="audio/mpeg", sha256="0"), "the answer")
    assert text_of(kept("words"), "the answer") == "words"


def test_digests_in_the_request_are_counted() -> None:
    digest = "[1368 characters of base64, sha256 0123456789abcdef]"
    assert list(kept_as_digests(capsule(call()))) == []
    assert list(kept_as_digests(capsule(exchange=None))) == []
    assert "2 pieces" in next(kept_as_digests(capsule(call(), question=kept(f"{digest} {digest}"))))
    assert "one piece" in next(kept_as_digests(capsule(call(), question=kept(digest))))
