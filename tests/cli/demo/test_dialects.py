"""The demo of the dialects."""

import pytest

from codex_proxy.cli.demo import dialects
from codex_proxy.cli.demo.dialects import DIALECTS


async def test_every_dialect_answers(capsys: pytest.CaptureFixture[str]) -> None:
    await dialects.run()
    out = capsys.readouterr().out
    assert all(name in out for name in DIALECTS)
    assert out.count("rivers") >= 1 + len(DIALECTS)
