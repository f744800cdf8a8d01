"""The control plane, made when it is first asked."""

import asyncio
import subprocess
import sys
from pathlib import Path

from tests.scenarios.stage import stage

LATE = (
    "litestar",
    "argon2",
    "pyotp",
    "jinja2",
    "alembic",
    "asyncpg",
    "codex_proxy.server.admin",
    "codex_proxy.simulator",
)


def test_what_clients_do_not_need_is_not_loaded_at_the_start() -> None:
    program = f"import sys, codex_proxy.cli.app; print([name for name in {LATE} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "[]"


async def test_whoever_asks_first_and_whoever_asks_meanwhile_are_answered(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        control, data = (play.client.get("/auth/status") for _ in range(2)), play.chat()
        replies = await asyncio.gather(*control, data)
    assert [reply.status_code for reply in replies] == [200, 200, 200]
