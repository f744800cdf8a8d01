"""Credits that reset an account's limits: what there is, and redeeming one.

Rules of this file: a redemption is on disk before it is sent, and whoever asks again after an unclear answer asks with
the same id, so that it never costs a second credit.  Afterwards the limits are asked for anew.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.pool import AccountPool, News
from codex_proxy.accounts.quota.redeeming import Redemption, TooSoon, asked, settled
from codex_proxy.accounts.quota.shown import ShownQuota
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ClientIdentity
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.accounts.parts import AccountUnusable, LiveAccounts, UnknownAccount, UpstreamRefused
from codex_proxy.operations.accounts.views import AccountViews, is_dead
from codex_proxy.operations.quota.asking import Asker, WholeReply
from codex_proxy.operations.quota.usage import NoSuchAccount, UsageQueries
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.protocols.codex.reset_credits import (
    RedeemAnswer,
    Redeemed,
    ResetCredits,
    build_credits_call,
    build_redeem_call,
    parse_credits,
    parse_redeemed,
)

CALL_SECONDS: Final = 15.0

_RESET: Final = frozenset({Redeemed.RESET, Redeemed.ALREADY_REDEEMED})
_UNCLEAR: Final = frozenset(
    {FailureKind.UNREACHABLE, FailureKind.TIMEOUT, FailureKind.DISCONNECTED, FailureKind.GARBLED}
)
_CLEAR_BELOW: Final = 500  # a status of 4xx says that nothing was redeemed


class RedeemedJustNow(Exception):
    """One was asked for a moment ago; another one may be in ``wait_seconds``."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__("a reset credit was asked for just now; wait half a minute")
        self.wait_seconds = wait_seconds


class NothingRedeemed(Exception):
    """The upstream says why no credit was redeemed."""

    def __init__(self, outcome: Redeemed) -> None:
        reason = "nothing to reset" if outcome is Redeemed.NOTHING_TO_RESET else "no credit left"
        super().__init__(f"no reset credit was redeemed: there is {reason}")
        self.outcome = outcome


class CreditRedeemed(msgspec.Struct, frozen=True, kw_only=True):
    """A credit was redeemed under ``request_id``; ``quota`` is what is known of the limits now."""

    request_id: str
    quota: ShownQuota | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditParts:
    """What redeeming works with; ``new_uuid4`` gives version 4 UUIDs."""

    pool: AccountPool
    live: LiveAccounts
    views: AccountViews
    asker: Asker
    queries: UsageQueries
    clock: Clock
    client: Callable[[], ClientIdentity]
    new_uuid4: Callable[[], str]


class ResetCreditDesk:
    """Lists credits and redeems them.  Both raise ``UnknownAccount``, ``AccountUnusable`` and ``UpstreamRefused``."""

    def __init__(self, parts: CreditParts) -> None:
        self._parts = parts

    async def list(self, row_id: str) -> ResetCredits:
        """An account's credits."""
        account = self._account(row_id)
        reply = await self._ask(build_credits_call(self._parts.client(), account.credential), account)
        answer = reply if isinstance(reply, Failure) else parse_credits(reply.status, reply.headers, reply.body)
        if isinstance(answer, Failure):
            raise UpstreamRefused(answer)
        return answer

    async def redeem(self, row_id: str, request_id: str | None = None) -> CreditRedeemed:
        """Redeem one, under ``request_id`` unless an earlier redemption is unclear: then under its id.

        Raises:
            RedeemedJustNow: one was asked for in the last half minute.
            NothingRedeemed: the upstream redeemed none.
            StoreUnusable: it could not be noted, so nothing was sent.
        """
        account, now = self._account(row_id), self._parts.clock.now()
        found = self._parts.pool.condition(row_id)
        wanted = asked(
            found[0].redemption if found is not None else None,
            fresh_id=request_id or self._parts.new_uuid4(),
            now=now,
        )
        if isinstance(wanted, TooSoon):
            raise RedeemedJustNow(wanted.until - now)
        self._parts.pool.redeeming(row_id, wanted, now)
        await self._parts.live.write()
        answer = await self._send(account, wanted)
        if isinstance(answer, Failure):
            if not _is_unclear(answer):
                await self._settle(row_id, wanted)
            raise UpstreamRefused(answer)
        return await self._redeemed(row_id, wanted, answer)

    async def _send(self, account: Account, wanted: Redemption) -> RedeemAnswer:
        call = build_redeem_call(self._parts.client(), account.credential, request_id=wanted.request_id)
        reply = await self._ask(call, account)
        return reply if isinstance(reply, Failure) else parse_redeemed(reply.status, reply.headers, reply.body)

    async def _redeemed(self, row_id: str, wanted: Redemption, outcome: Redeemed) -> CreditRedeemed:
        if outcome in _RESET:
            news = News(occurrence=Occurrence.CREDIT_REDEEMED)
            self._parts.pool.settle(row_id, news, self._parts.clock.now())
        await self._settle(row_id, wanted)
        if outcome not in _RESET:
            raise NothingRedeemed(outcome)
        self._parts.queries.forget(row_id)
        try:
            await self._parts.queries.ask(row_id, at_most_old_seconds=0.0)
            return CreditRedeemed(request_id=wanted.request_id, quota=self._parts.views.quota(row_id))
        except NoSuchAccount:
            raise UnknownAccount(row_id) from None

    async def _settle(self, row_id: str, wanted: Redemption) -> None:
        now = self._parts.clock.now()
        self._parts.pool.redeeming(row_id, settled(wanted, now=now), now)
        with contextlib.suppress(StoreUnusable):  # it is written later; the outcome is what counts for who waits
            await self._parts.live.write()

    async def _ask(self, call: UpstreamCall, account: Account) -> WholeReply | Failure:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await self._parts.asker.ask(call, account)
        except TimeoutError:
            return Failure(kind=FailureKind.TIMEOUT, message="the upstream gave no answer in time")

    def _account(self, row_id: str) -> Account:
        found = self._parts.pool.condition(row_id)
        if found is None:
            raise UnknownAccount(row_id)
        if is_dead(found[1], self._parts.clock.now()):
            raise AccountUnusable
        return self._parts.pool.account(row_id)


def _is_unclear(failure: Failure) -> bool:
    """Whether a credit may have been redeemed all the same."""
    return failure.kind in _UNCLEAR or failure.status is None or failure.status >= _CLEAR_BELOW
