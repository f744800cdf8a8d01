"""The Codex CLI's file on disk, taken over and followed, while the CLI goes on with it."""

import hashlib
from pathlib import Path

from codex_proxy.login.files import CliFiles
from codex_proxy.operations.login.cli_file import CliImport, ImportMode
from codex_proxy.operations.login.following import FileFollower, Finding
from tests.operations.login.stage import NOW, Stage, token
from tests.operations.login.test_cli_file import file_of


def written_by_the_cli(path: Path, content: bytes) -> str:
    """As the CLI does it, in one step; the file's digest."""
    beside = path.with_suffix(".tmp")
    beside.write_bytes(content)
    beside.replace(path)
    return digest(path)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def test_b_14_the_file_stays_as_the_cli_wrote_it_and_its_newer_pair_is_adopted(tmp_path: Path) -> None:
    stage, files = Stage(), CliFiles(environ={"CODEX_HOME": str(tmp_path)}, home=tmp_path)
    path = tmp_path / "auth.json"
    before = written_by_the_cli(path, file_of(token(issued_at=NOW - 60)))
    for mode in ImportMode:
        await CliImport(stage.parts, files).run(mode)
    assert digest(path) == before
    account = await stage.account()
    follower = FileFollower(stage.parts, files, records=lambda: (account,))
    assert [found.finding for found in await follower.look()] == []
    newer = written_by_the_cli(path, file_of(token(issued_at=NOW), refresh_token="rt_the-next-one"))
    assert [found.finding for found in await follower.look()] == [Finding.ADOPTED]
    assert (digest(path), (await stage.account()).issued_at) == (newer, NOW)
