"""What becomes of accounts beside their credentials: what a file tells of them, where that was asked for, and deaths.

Rules of this file: an account has its way out before anybody can use it.  What the owner disabled here stays so; what
is disabled in the file is disabled only where the account is new; counters come back where nothing is counted yet.
"""

from collections.abc import Sequence

import msgspec

from codex_proxy.accounts.egress.ways import Mode
from codex_proxy.accounts.formats.rows import AccountFile, AccountRow, OfferedProxy
from codex_proxy.accounts.formats.usage import encode_counters
from codex_proxy.accounts.record import AccountRecord, Death
from codex_proxy.accounts.store import Edit
from codex_proxy.operations.egress.addresses import InvalidProxy, ProxyAddress, build_proxy
from codex_proxy.operations.transfer.parts import TransferParts
from codex_proxy.operations.transfer.tally import Tally


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is an account now; ``added`` where it was made for it."""

    row: AccountRow
    record: AccountRecord
    added: bool


class Restoring:
    """Brings states back; ``begin`` comes first.  Every method raises ``StoreUnusable``."""

    def __init__(self, parts: TransferParts, tally: Tally) -> None:
        self._parts = parts
        self._tally = tally
        self._proxy_ids: dict[str, str] = {}
        self._ways: set[str] = set(Mode)
        self._counted: set[str] = set()

    async def begin(self, file: AccountFile) -> None:
        """Take over the proxies that the file's rows name, and see what is here already."""
        rows = [row for row in file.rows if isinstance(row, AccountRow)]
        if all(row.state is None for row in rows):
            unused = sum(row.proxy_key is not None for row in rows)
            if unused:
                self._tally.note(0, f"{unused} rows name an egress proxy, which only include_state=true takes over")
            return
        self._counted = set(await self._parts.store.load_counters())
        wanted = {row.proxy_key for row in rows}
        await self._keep_proxies([proxy for proxy in file.proxies if proxy.key in wanted])

    async def restore(self, kept: Sequence[Kept]) -> list[AccountRecord]:
        """Bring back what their rows tell; the accounts as they are then."""
        await self._assign(kept)
        await self._count(kept)
        edits: dict[str, Edit] = {}
        for each in kept:  # two rows may be one account
            edits[each.record.row_id] = _both(edits.get(each.record.row_id, Edit()), self._edit(each))
        edits = {row_id: edit for row_id, edit in edits.items() if edit != Edit()}
        edited = await self._parts.store.edit_many(edits) if edits else {}
        return [edited.get(each.record.row_id, each.record) for each in kept]

    async def _keep_proxies(self, offered: Sequence[OfferedProxy]) -> None:
        """Make the proxies that are not here; one that is stays as its owner has it."""
        pool = self._parts.proxies
        self._ways |= {proxy.proxy_id for proxy in pool.proxies}
        ids = {proxy.url: proxy.proxy_id for proxy in pool.proxies}
        for proxy in offered:
            address = self._address_of(proxy)
            if address is None:
                continue
            if address.url not in ids:
                ids[address.url] = (await pool.add(address, name=proxy.name)).proxy_id
            self._proxy_ids[proxy.key] = ids[address.url]

    def _address_of(self, offered: OfferedProxy) -> ProxyAddress | None:
        try:
            return build_proxy(
                offered.protocol,
                offered.host,
                offered.port or None,
                username=offered.username,
                password=offered.password,
            )
        except InvalidProxy as error:
            self._tally.note(0, f"an egress proxy of the file was left out: {error}")
            return None

    async def _assign(self, kept: Sequence[Kept]) -> None:
        ways = {each.record.row_id: way for each in kept if (way := self._way(each.row)) is not None}
        targets = {row_id: None if way == Mode.GLOBAL else way for row_id, way in ways.items()}
        await self._parts.proxies.keep_assignments(targets)

    def _way(self, row: AccountRow) -> str | None:
        if row.state is None:
            return None
        if row.proxy_key is not None:
            way = self._proxy_ids.get(row.proxy_key)
            if way is None:
                self._tally.note(
                    row.index, "the egress proxy it names did not come with it; its way out stays as it is"
                )
            return way
        if row.state.way is not None and row.state.way not in self._ways:
            self._tally.note(row.index, "the egress proxy it had is not here; its way out stays as it is")
            return None
        return row.state.way

    async def _count(self, kept: Sequence[Kept]) -> None:
        counters = {
            each.record.row_id: encode_counters(each.row.state.counters)
            for each in kept
            if each.row.state is not None
            and each.row.state.counters is not None
            and each.record.row_id not in self._counted
        }
        self._counted |= counters.keys()
        if counters:
            await self._parts.store.keep_counters(counters)

    def _edit(self, each: Kept) -> Edit:
        """What has to be changed of an account, by what its row tells and by its being here."""
        state, record = each.row.state, each.record
        edit = Edit()
        if state is not None and state.fingerprint_mode is not record.fingerprint_mode:
            edit = msgspec.structs.replace(edit, fingerprint_mode=state.fingerprint_mode)
        if state is not None and each.added and not state.enabled:
            edit = msgspec.structs.replace(edit, enabled=False)
        if record.followed_file is not None and each.row.grant.secrets.refresh_token is not None:
            edit = msgspec.structs.replace(edit, followed_file=None)  # its tokens are its own from now on
        if record.death is Death.DEACTIVATED and each.row.is_good(self._parts.clock.now()):
            edit = msgspec.structs.replace(edit, death=None, died_at=None)  # its owner knows better, or it shows again
        return edit


def _both(first: Edit, then: Edit) -> Edit:
    """One edit in the place of two."""
    told = {name: value for name, value in msgspec.structs.asdict(then).items() if value is not msgspec.UNSET}
    return msgspec.structs.replace(first, **told)
