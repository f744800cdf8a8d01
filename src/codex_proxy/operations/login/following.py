"""Accounts that follow another program's file: what it writes there is adopted.

Rules of this file: the file is read and never written; only a newer token of the same account is adopted, and nothing
for an account that was removed, here or by another process.  A file that cannot be used now (half written, gone,
another account's) leaves the account as it is and is looked at again.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from codex_proxy.accounts.record import AccountRecord
from codex_proxy.operations.login.cli_file import CliFileUnusable, grant_in, parse_cli_file
from codex_proxy.operations.login.outcomes import new_account
from codex_proxy.operations.login.ports import CredentialFiles, FileSeen, FileUnreadable, LoginParts


class Finding(StrEnum):
    """What a look at a followed file found."""

    ADOPTED = "adopted"
    NOTHING_NEWER = "nothing_newer"
    OTHER_ACCOUNT = "other_account"
    UNUSABLE = "unusable"


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in an account's file; ``message`` says what is wrong with it."""

    row_id: str
    path: str
    finding: Finding
    message: str = ""


class FileFollower:
    """Looks at the files of the accounts that follow one; ``records`` gives all accounts as they are."""

    def __init__(
        self, parts: LoginParts, files: CredentialFiles, *, records: Callable[[], Sequence[AccountRecord]]
    ) -> None:
        self._parts = parts
        self._files = files
        self._records = records
        self._versions: dict[str, int] = {}
        self._told: dict[str, Followed] = {}

    async def look(self) -> tuple[Followed, ...]:
        """Look at every followed file; what is new to tell.

        Raises:
            StoreUnusable: something newer came and cannot be kept now; it is found again at the next look.
        """
        followers = [record for record in self._records() if record.followed_file is not None]
        self._forget_others({record.row_id for record in followers})
        found = [await self.look_at(record) for record in followers]
        return tuple(one for one in found if one is not None)

    async def look_at(self, record: AccountRecord) -> Followed | None:
        """Look at one account's file; None where nothing is new to tell.  Raises like ``look``."""
        if record.followed_file is None:
            return None
        path = Path(record.followed_file)
        try:
            if await self._files.changed_at_ns(path) == self._versions.get(record.row_id):
                return None
            seen = await self._files.read(path)
            followed = await self._adopt(record, seen)
        except (FileUnreadable, CliFileUnusable) as error:
            return self._tell(_found(record, Finding.UNUSABLE, str(error)))
        self._versions[record.row_id] = seen.changed_at_ns
        return self._tell(followed)

    async def _adopt(self, record: AccountRecord, seen: FileSeen) -> Followed:
        now = self._parts.clock.now()
        grant = grant_in(parse_cli_file(seen.content), issuer=self._parts.issuer.issuer, now=now)
        if grant.identity != record.identity:
            return _found(record, Finding.OTHER_ACCOUNT, "the file holds another account's login now")
        if record.issued_at is not None and (grant.issued_at or 0.0) <= record.issued_at:
            return _found(record, Finding.NOTHING_NEWER)
        outcome = await self._parts.store.adopt(new_account(grant, row_id=record.row_id))
        is_newer = outcome is not None and not outcome.kept_newer
        return _found(record, Finding.ADOPTED if is_newer else Finding.NOTHING_NEWER)

    def _tell(self, followed: Followed) -> Followed | None:
        """An adoption each time, anything else once."""
        known = self._told.get(followed.row_id)
        self._told[followed.row_id] = followed
        if followed.finding is Finding.ADOPTED or (followed != known and followed.finding is not Finding.NOTHING_NEWER):
            return followed
        return None

    def _forget_others(self, row_ids: set[str]) -> None:
        for kept in (self._versions, self._told):
            for row_id in kept.keys() - row_ids:
                del kept[row_id]


def _found(record: AccountRecord, finding: Finding, message: str = "") -> Followed:
    return Followed(row_id=record.row_id, path=record.followed_file or "", finding=finding, message=message)
