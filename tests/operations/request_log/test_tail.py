"""Looking on."""

import pytest

from codex_proxy.operations.request_log.tail import MOST_READERS, MOST_WAITING, Tail, TooManyReaders
from tests.operations.request_log.samples import row


async def test_a_reader_gets_what_is_new() -> None:
    tail = Tail()
    assert not tail.has_readers
    reader = tail.join()
    tail.tell([row(1), row(2)])
    news = await reader.next(patience_seconds=5)
    assert news is not None
    assert ([each.seq for each in news.rows], news.dropped_count) == ([1, 2], 0)
    silent = await reader.next(patience_seconds=0)
    assert silent is not None
    assert silent.rows == ()
    tail.leave(reader)
    assert not tail.has_readers


async def test_a_slow_reader_loses_the_oldest_and_hears_how_many() -> None:
    tail = Tail()
    reader = tail.join()
    tail.tell([row(number) for number in range(MOST_WAITING + 3)])
    news = await reader.next(patience_seconds=5)
    assert news is not None
    assert (news.rows[0].seq, len(news.rows), news.dropped_count) == (3, MOST_WAITING, 3)


async def test_readers_are_few_and_end_with_the_tail() -> None:
    tail = Tail()
    readers = [tail.join() for _ in range(MOST_READERS)]
    with pytest.raises(TooManyReaders):
        tail.join()
    tail.close()
    assert await readers[0].next(patience_seconds=5) is None
    tail.leave(readers[0])
    with pytest.raises(TooManyReaders):
        tail.join()
