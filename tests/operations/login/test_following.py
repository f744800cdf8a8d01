"""Accounts that follow the Codex CLI's file."""

from typing import TYPE_CHECKING, Any

import pytest

from codex_proxy.accounts.store import NewAccount, PutOutcome, StoreUnusable
from codex_proxy.operations.login.cli_file import CliImport, ImportMode
from codex_proxy.operations.login.following import FileFollower, Finding, Followed
from tests.operations.login.stage import COLLEAGUE, DAY, NOW, Stage, StandInFiles, grant, token
from tests.operations.login.test_cli_file import file_of
from tests.stores.memory_store import MemoryAccountStore

if TYPE_CHECKING:
    from codex_proxy.accounts.record import AccountRecord

PATH = "/home/auth.json"


class Scene:
    """An account that follows the CLI's file, which holds a token of two days ago."""

    def __init__(self, **stage: Any) -> None:
        self.stage = Stage(**stage)
        self.files = StandInFiles(auth=file_of(token(issued_at=NOW - 2 * DAY)))
        self.records: tuple[AccountRecord, ...] = ()
        self.follower = FileFollower(self.stage.parts, self.files, records=lambda: self.records)

    async def begin(self) -> "Scene":
        await CliImport(self.stage.parts, self.files).run(ImportMode.FOLLOW)
        self.files.reads.clear()
        return self

    async def look(self) -> list[tuple[Finding, str]]:
        self.records = await self.stage.accounts()
        return [(followed.finding, followed.message) for followed in await self.follower.look()]

    def write(self, content: bytes) -> None:
        self.files.contents[PATH] = content


async def test_b_14_a_newer_pair_of_the_cli_is_adopted() -> None:
    scene = await Scene().begin()
    assert await scene.look() == []
    scene.write(file_of(token(issued_at=NOW)))
    assert await scene.look() == [(Finding.ADOPTED, "")]
    account = await scene.stage.account()
    secrets = await scene.stage.store.secrets(account.row_id)
    assert secrets is not None
    assert (secrets.access_token, secrets.refresh_token) == (token(), None)
    assert (account.issued_at, account.followed_file) == (NOW, PATH)


async def test_a_file_is_read_once_for_each_version() -> None:
    scene = await Scene().begin()
    for _ in range(3):
        assert await scene.look() == []
    assert scene.files.reads == [PATH]


async def test_an_older_version_is_not_adopted() -> None:
    scene = await Scene().begin()
    before = await scene.stage.account()
    scene.write(file_of(token(issued_at=NOW - 3 * DAY)))
    assert await scene.look() == []
    assert await scene.stage.account() == before


async def test_another_accounts_login_in_the_file_is_told_once_and_changes_nothing() -> None:
    scene = await Scene().begin()
    before = await scene.stage.account()
    scene.write(file_of(token(COLLEAGUE)))
    assert await scene.look() == [(Finding.OTHER_ACCOUNT, "the file holds another account's login now")]
    assert await scene.look() == []
    assert await scene.stage.accounts() == (before,)


async def test_a_half_written_file_is_looked_at_again() -> None:
    scene = await Scene().begin()
    scene.write(file_of(token())[:100])
    assert await scene.look() == [(Finding.UNUSABLE, "it is no JSON")]
    assert await scene.look() == []
    scene.write(file_of(token()))
    assert await scene.look() == [(Finding.ADOPTED, "")]


async def test_a_file_that_is_gone_leaves_the_account_and_may_come_back() -> None:
    scene = await Scene().begin()
    before = await scene.stage.account()
    del scene.files.contents[PATH]
    [(finding, message)] = await scene.look()
    assert (finding, PATH in message) == (Finding.UNUSABLE, True)
    assert await scene.look() == []
    assert await scene.stage.account() == before
    scene.write(file_of(token()))
    assert await scene.look() == [(Finding.ADOPTED, "")]


async def test_accounts_that_follow_nothing_are_left_alone() -> None:
    scene = Scene()
    await scene.stage.keep(grant(issued_at=NOW - DAY))
    scene.write(file_of(token()))
    assert await scene.look() == []
    assert await scene.follower.look_at(await scene.stage.account()) is None
    assert scene.files.reads == []


class OnceFull(MemoryAccountStore):
    full = False

    async def adopt(self, new: NewAccount) -> PutOutcome | None:
        if self.full:
            raise StoreUnusable("disk full")
        return await super().adopt(new)


async def test_what_cannot_be_kept_now_is_found_again() -> None:
    store = OnceFull()
    scene = await Scene(store=store).begin()
    scene.write(file_of(token()))
    store.full = True
    with pytest.raises(StoreUnusable):
        await scene.look()
    store.full = False
    assert await scene.look() == [(Finding.ADOPTED, "")]


async def test_a_15_the_file_of_a_removed_account_does_not_bring_it_back() -> None:
    scene = await Scene().begin()
    account = await scene.stage.account()
    await scene.stage.store.remove([account.row_id], now=NOW)
    scene.write(file_of(token()))
    assert await scene.follower.look_at(account) is None  # as another process would, that has not heard of it
    assert await scene.stage.accounts() == ()


async def test_an_account_can_be_looked_at_by_itself() -> None:
    scene = await Scene().begin()
    scene.write(file_of(token()))
    account = await scene.stage.account()
    found = await scene.follower.look_at(account)
    assert found == Followed(row_id=account.row_id, path=PATH, finding=Finding.ADOPTED)
