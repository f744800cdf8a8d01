"""How long a verdict on a base URL is believed, and which of its addresses is gone to."""

import asyncio
from collections.abc import Sequence

import pytest

from codex_proxy.transports.guard import AddressRefused, UrlGuard
from codex_proxy.transports.vendors.checks import (
    AGAIN_SECONDS,
    BELIEVED_SECONDS,
    MAX_URLS,
    UNRESOLVED_SECONDS,
    AddressChecks,
)
from tests.transports.names import Names
from tests.transports.vendors.stage import Time

URL = "https://vendor.invalid/v1"
V4, OTHER_V4, V6 = "93.184.216.34", "93.184.216.35", "2606:4700::1111"


class Book:
    """Checks over a resolver that a test scripts."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.names, self.time = Names(*answers), Time()
        self.checks = AddressChecks(UrlGuard(resolve=self.names), now=self.time)

    async def addresses(self, url: str = URL) -> tuple[str, ...]:
        return (await self.checks.check(url, allow_private=False)).addresses

    def went_to(self, address: str | None) -> None:
        self.checks.went_to(URL, allow_private=False, address=address)


async def test_a_verdict_is_believed_for_a_minute() -> None:
    book = Book([V4], [OTHER_V4])
    assert await book.addresses() == (V4,)
    book.time.now += BELIEVED_SECONDS - 1
    assert await book.addresses() == (V4,)
    assert len(book.names.asked) == 1
    book.time.now += 1
    assert await book.addresses() == (OTHER_V4,)
    assert len(book.names.asked) == 2


async def test_a_refusal_is_not_kept_and_what_is_allowed_is_part_of_the_question() -> None:
    book = Book(["10.0.0.1"], ["10.0.0.1"], [V4])
    with pytest.raises(AddressRefused, match="private"):
        await book.addresses()
    assert (await book.checks.check(URL, allow_private=True)).addresses == ("10.0.0.1",)
    assert await book.addresses() == (V4,)
    assert len(book.names.asked) == 3


async def test_a_verdict_that_turns_into_a_refusal_counts_at_once() -> None:
    book = Book([V4], [V4, "169.254.169.254"])
    await book.addresses()
    book.time.now += BELIEVED_SECONDS
    with pytest.raises(AddressRefused, match="forbidden"):
        await book.addresses()


async def test_who_waits_for_the_same_name_waits_for_one_answer() -> None:
    book = Book([V4])
    assert set(await asyncio.gather(*(book.addresses() for _ in range(8)))) == {(V4,)}
    assert len(book.names.asked) == 1


async def test_a_name_that_nobody_resolves_any_more_keeps_its_checked_addresses_for_a_while() -> None:
    book = Book([V4], [])
    await book.addresses()
    book.time.now += BELIEVED_SECONDS
    assert await book.addresses() == (V4,)
    assert await book.addresses() == (V4,)
    assert len(book.names.asked) == 2
    book.time.now += AGAIN_SECONDS
    assert await book.addresses() == (V4,)
    assert len(book.names.asked) == 3
    book.time.now += UNRESOLVED_SECONDS
    with pytest.raises(AddressRefused, match="no address"):
        await book.addresses()


async def test_the_first_address_of_each_family_is_tried_in_the_resolvers_order() -> None:
    assert await Book([V6, V4, OTHER_V4]).addresses() == (V6, V4)
    assert await Book([V4, OTHER_V4, V6]).addresses() == (V4, V6)


async def test_the_address_in_use_stays_in_use_while_it_is_there() -> None:
    book = Book([V4, OTHER_V4], [OTHER_V4, V4, V6], [V6])
    await book.addresses()
    book.went_to(V4)
    book.time.now += BELIEVED_SECONDS
    assert await book.addresses() == (V4, OTHER_V4)
    book.went_to(None)
    assert await book.addresses() == (OTHER_V4, V6)
    book.went_to(OTHER_V4)
    book.time.now += BELIEVED_SECONDS
    assert await book.addresses() == (V6,)


async def test_what_is_remembered_has_a_bound() -> None:
    book = Book([V4])
    for number in range(MAX_URLS + 1):
        await book.addresses(f"{URL}/{number}")
    await book.addresses(f"{URL}/{MAX_URLS}")
    assert len(book.names.asked) == MAX_URLS + 1
    await book.addresses(f"{URL}/0")
    assert len(book.names.asked) == MAX_URLS + 2
    book.checks.went_to(f"{URL}/1", allow_private=False, address=V4)
