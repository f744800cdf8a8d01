"""A gateway whose disk fills up after the first exchange, in a process of its own; prints what it told, as JSON."""

import asyncio
import resource
import sys
from pathlib import Path
from typing import Any

import msgspec

from codex_proxy.storage.opening import DATABASE_FILE
from tests.scenarios.stage import STREAMED_CHAT, chat_text, stage
from tests.scenarios.test_usage_statistics import COUNTED, recorded, summary


async def failing(play: Any) -> dict[str, Any]:
    """The summary once it tells of a failure."""
    async with asyncio.timeout(20):
        while (told := await summary(play))["recording"]["reason"] is None:
            pass
    return told


def fill_disk(folder: Path) -> None:
    """Let no file grow beyond half of the smallest of the database's."""
    sizes = [file.stat().st_size for file in folder.glob(f"{DATABASE_FILE}*")]
    resource.setrlimit(resource.RLIMIT_FSIZE, (min(filter(None, sizes)) // 2, resource.RLIM_INFINITY))


async def main(folder: Path) -> None:
    """Ask once, fill the disk, ask three times and stop."""
    async with stage(folder, COUNTED) as play:
        await play.chat()
        before = await recorded(play, 1)
        fill_disk(folder)
        replies = [await play.client.post("/v1/chat/completions", json=STREAMED_CHAT) for _ in range(3)]
        full = await failing(play)
    told = {"before": before, "full": full, "answers": [chat_text(reply) for reply in replies]}
    sys.stdout.write(msgspec.json.encode(told).decode())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
