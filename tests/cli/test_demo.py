"""The demo."""

import pytest

from codex_proxy.cli import demo
from codex_proxy.cli.demo import DIALECTS


async def test_every_dialect_answers(capsys: pytest.CaptureFixture[str]) -> None:
    await demo.run()
    out = capsys.readouterr().out
    assert all(name in out for name in DIALECTS)
    assert out.count("rivers") >= 1 + len(DIALECTS)
