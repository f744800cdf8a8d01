"""Writing down what was changed."""

import asyncio

from codex_proxy.operations.access.auditing import LOST, REFUSALS_PER_MINUTE, Auditing, Deed
from codex_proxy.operations.metrics.families import exposition
from tests.operations.access.household import START, MemoryAudit


def deed(action: str = "POST /x", *, stranger: bool = False) -> Deed:
    return Deed(who="admin", address="127.0.0.1", action=action, target="1", outcome="done", stranger=stranger)


class Written:
    def __init__(self) -> None:
        self.at = START
        self.store = MemoryAudit()
        self.complaints: list[str] = []
        self.auditing = Auditing(
            self.store, now=lambda: self.at, complain=lambda where, error: self.complaints.append(str(error))
        )

    def actions(self) -> list[str]:
        return [entry.action for entry in self.store.entries(limit=1000, before=None)]


async def test_a_deed_is_an_entry() -> None:
    written = Written()
    await asyncio.gather(*(written.auditing.write(deed(f"POST /{number}")) for number in range(5)))
    (*_, first) = written.store.entries(limit=10, before=None)
    assert (first.seq, first.at, first.who, first.target) == (1, "2023-11-14T22:13:20.000Z", "admin", "1")
    assert sorted(written.actions()) == [f"POST /{number}" for number in range(5)]


async def test_what_cannot_be_written_is_counted_and_told_by_the_next_entry() -> None:
    written = Written()
    written.store.full = True
    for _ in range(3):
        await written.auditing.write(deed())
    assert (written.auditing.lost_count, written.complaints) == (3, ["the disk is full"] * 3)
    assert f"{LOST} 3\n" in exposition(written.auditing.families())
    written.store.full = False
    await written.auditing.write(deed("POST /after"))
    assert written.actions() == ["POST /after", "entries lost"]
    assert written.store.entries(limit=2, before=None)[1].details == {"changes": 3}
    await written.auditing.write(deed())
    assert written.actions().count("entries lost") == 1


async def test_strangers_who_knock_fill_no_disk_and_hide_no_owner() -> None:
    written = Written()
    for _ in range(REFUSALS_PER_MINUTE + 70):
        await written.auditing.write(deed("POST /knock", stranger=True))
    await written.auditing.write(deed("POST /owner"))
    assert written.actions().count("POST /knock") == REFUSALS_PER_MINUTE
    assert written.actions()[:2] == ["POST /owner", "entries lost"]
    assert written.store.entries(limit=2, before=None)[1].details == {"refusals": 70}
    written.at += 60
    await written.auditing.write(deed("POST /knock", stranger=True))
    assert written.actions()[0] == "POST /knock"
