"""Changes of accounts: adding, naming, switching, removing, resetting.

Rules of this file: members are checked before anything is done; a list of ids is bounded, and what is no id in it is
told as not found.  Source: spec, accounts, 9.2.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from litestar import delete, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_400_BAD_REQUEST

from codex_proxy.accounts.record import FingerprintMode
from codex_proxy.operations.accounts.changes import AccountChanges, Added
from codex_proxy.operations.accounts.views import AccountView, DetailView, detail_view
from codex_proxy.server.admin.accounts.listing import ACCOUNT_PATH, ACCOUNTS_PATH
from codex_proxy.server.admin.wire.bodies import (
    MOST_IDS,
    AnyId,
    ControlRequest,
    Done,
    Label,
    RowId,
    Warnings,
    unknown_members,
)
from codex_proxy.server.admin.wire.errors import ControlError

AnyIds: TypeAlias = Annotated[tuple[AnyId, ...], msgspec.Meta(min_length=1, max_length=MOST_IDS)]
CONFIRMATION: Final = "delete-all-accounts"


class AddAccount(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A credential: an access token, a refresh token or both."""

    token: str | None = None
    refresh_token: str | None = None
    label: Label | None = None

    def __repr__(self) -> str:
        return f"AddAccount(label={self.label!r})"


class AddedAccount(Done, frozen=True, kw_only=True, rename="camel"):
    """The account; ``added`` where it is new, ``keptNewer`` where a credential that was issued later stays."""

    account: AccountView
    added: bool
    kept_newer: bool


def added_account(done: Added, warnings: Warnings = msgspec.UNSET) -> AddedAccount:
    """The answer for an account that was added."""
    return AddedAccount(account=done.account, added=done.added, kept_newer=done.kept_newer, warnings=warnings)


class SetLabel(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner calls the account; null for nothing."""

    label: Label | None


class SetFingerprint(msgspec.Struct, frozen=True, kw_only=True):
    """Whether all conversations of an account show one upstream session."""

    mode: FingerprintMode


class FingerprintSet(Done, frozen=True, kw_only=True):
    """The mode in force."""

    mode: FingerprintMode


class BatchStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts to switch on, out of everything that stands in their way, or off."""

    ids: AnyIds
    status: Literal["active", "disabled"]


class BatchSwitched(Done, frozen=True, kw_only=True, rename="camel"):
    """How many were switched, and the ids of which there is no account."""

    updated: int
    not_found: tuple[str, ...]


class BatchDelete(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts to remove; ``revoke`` tells the issuer that their tokens are no longer wanted."""

    ids: AnyIds
    revoke: bool = False


class BatchDeleted(Done, frozen=True, kw_only=True, rename="camel"):
    """How many went, the ids of which there is none, and those whose tokens the issuer did not take back."""

    deleted: int
    not_found: tuple[str, ...] = ()
    not_revoked: tuple[str, ...] = ()


class RemoveEverybody(msgspec.Struct, frozen=True, kw_only=True):
    """The word that means it."""

    confirm: str = ""


class ClearCooldown(msgspec.Struct, frozen=True, kw_only=True):
    """What to take out of the way: one bucket's locks, or everything."""

    bucket: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] | None = None


class CooldownCleared(Done, frozen=True, kw_only=True):
    """The account's status now."""

    status: str
    status_detail: DetailView | None


def changing_routes(changes: AccountChanges) -> list[HTTPRouteHandler]:
    """The routes."""
    return [*_adding(changes), *_batches(changes), *_naming(changes), *_resetting(changes), *_removing(changes)]


def _adding(changes: AccountChanges) -> list[HTTPRouteHandler]:
    @post(ACCOUNTS_PATH, status_code=HTTP_200_OK, may_fail=(502,), summary="Add an account")
    async def add_account(request: ControlRequest, data: JSONBody[AddAccount]) -> AddedAccount:
        """Take an access token as it is; exchange a refresh token that comes alone, and say what became of it."""
        texts = [text for text in (data.token, data.refresh_token) if text]
        done = await changes.add(texts, label=data.label)
        return added_account(done, await unknown_members(request, AddAccount))

    return [add_account]


def _batches(changes: AccountChanges) -> list[HTTPRouteHandler]:
    @post(f"{ACCOUNTS_PATH}/batch-status", status_code=HTTP_200_OK, summary="Switch accounts on or off")
    async def batch_status(request: ControlRequest, data: JSONBody[BatchStatus]) -> BatchSwitched:
        """At most 1,000 at once."""
        done = await changes.switch(data.ids, enabled=data.status == "active")
        return BatchSwitched(
            updated=done.updated, not_found=done.not_found, warnings=await unknown_members(request, BatchStatus)
        )

    @post(f"{ACCOUNTS_PATH}/batch-delete", status_code=HTTP_200_OK, summary="Remove accounts")
    async def batch_delete(request: ControlRequest, data: JSONBody[BatchDelete]) -> BatchDeleted:
        """At most 1,000 at once, with everything that names them."""
        done = await changes.remove(data.ids, revoke=data.revoke)
        return BatchDeleted(
            deleted=done.deleted,
            not_found=done.not_found,
            not_revoked=done.not_revoked,
            warnings=await unknown_members(request, BatchDelete),
        )

    return [batch_status, batch_delete]


def _naming(changes: AccountChanges) -> list[HTTPRouteHandler]:
    @patch(f"{ACCOUNT_PATH}/label", summary="Name an account")
    async def set_label(request: ControlRequest, row_id: RowId, data: JSONBody[SetLabel]) -> Done:
        """At most 64 characters; null takes the name away."""
        await changes.label(row_id, data.label)
        return Done(warnings=await unknown_members(request, SetLabel))

    @patch(f"{ACCOUNT_PATH}/codex-fingerprint", summary="How an account's sessions look upstream")
    async def set_fingerprint(request: ControlRequest, row_id: RowId, data: JSONBody[SetFingerprint]) -> FingerprintSet:
        """``session`` lets all of its conversations show one upstream session."""
        await changes.fingerprint(row_id, data.mode)
        return FingerprintSet(mode=data.mode, warnings=await unknown_members(request, SetFingerprint))

    return [set_label, set_fingerprint]


def _resetting(changes: AccountChanges) -> list[HTTPRouteHandler]:
    @post(f"{ACCOUNT_PATH}/reset-usage", status_code=HTTP_200_OK, sync_to_thread=False, summary="Reset counters")
    def reset_usage(row_id: RowId) -> Done:
        """Count what the account uses from nothing again."""
        changes.reset_usage(row_id)
        return Done()

    @post(f"{ACCOUNT_PATH}/clear-cooldown", status_code=HTTP_200_OK, summary="Take locks away")
    async def clear_cooldown(
        request: ControlRequest, row_id: RowId, data: JSONBody[ClearCooldown | None] = None
    ) -> CooldownCleared:
        """Everything that stands in the account's way, or one bucket's locks; what is true comes back by itself."""
        wanted = data or ClearCooldown()
        shown = changes.clear(row_id, bucket=wanted.bucket)
        return CooldownCleared(
            status=shown.status.value,
            status_detail=detail_view(shown.detail),
            warnings=await unknown_members(request, ClearCooldown),
        )

    return [reset_usage, clear_cooldown]


def _removing(changes: AccountChanges) -> list[HTTPRouteHandler]:
    @delete(ACCOUNT_PATH, status_code=HTTP_200_OK, summary="Remove an account")
    async def remove_account(row_id: RowId, *, revoke: FromQuery[bool] = False) -> BatchDeleted:
        """With everything that names it; ``revoke`` tells the issuer that its tokens are no longer wanted."""
        done = await changes.remove_one(row_id, revoke=revoke)
        return BatchDeleted(deleted=done.deleted, not_revoked=done.not_revoked)

    @post("/auth/logout", status_code=HTTP_200_OK, summary="Remove every account")
    async def logout(request: ControlRequest, data: JSONBody[RemoveEverybody]) -> BatchDeleted:
        """Wants ``{"confirm": "delete-all-accounts"}``; leaving a dashboard is something else."""
        if data.confirm != CONFIRMATION:
            message = f"this removes every account; send confirm: {CONFIRMATION!r} if that is meant"
            raise ControlError(HTTP_400_BAD_REQUEST, "not_confirmed", message)
        done = await changes.remove_all()
        return BatchDeleted(deleted=done.deleted, warnings=await unknown_members(request, RemoveEverybody))

    return [remove_account, logout]
