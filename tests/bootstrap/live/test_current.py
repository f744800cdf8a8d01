"""A value that changes, and what is derived from it."""

from codex_proxy.bootstrap.live.current import Current


def test_the_value_of_now_and_what_is_made_of_it_once() -> None:
    made: list[int] = []
    current = Current(1)

    def tenfold(value: int) -> int:
        made.append(value)
        return value * 10

    derived = current.derived(tenfold)
    assert (current.get(), derived(), derived()) == (1, 10, 10)
    current.put(1000)
    assert (current.get(), derived(), derived()) == (1000, 10000, 10000)
    assert made == [1, 1000]
