"""How often somebody may guess."""

from codex_proxy.access.dashboard.guessing import (
    FREE_COUNT,
    FREE_OF_ALL_COUNT,
    LONGEST_WAIT_OF_ALL_SECONDS,
    LONGEST_WAIT_SECONDS,
    MOST_KNOWN,
    MOST_NETWORKS,
    GuessLimits,
)


def test_each_guess_costs_twice_the_wait_of_the_one_before() -> None:
    limits, now, waits = GuessLimits(), 0.0, list[float]()
    for _ in range(FREE_COUNT + 12):
        wait = limits.begin("203.0.113.5", now)
        waits.append(wait)
        now += wait
        if wait:
            assert limits.begin("203.0.113.5", now) == 0.0
    assert waits[:FREE_COUNT] == [0.0] * FREE_COUNT
    told = [wait for wait in waits if wait]
    assert told == sorted(told)
    assert told[1] == 2 * told[0]
    assert told[-1] == LONGEST_WAIT_SECONDS


def test_a_whole_network_is_one_guesser_and_others_are_not_hindered() -> None:
    limits = GuessLimits()
    for number in range(FREE_COUNT):
        assert limits.begin(f"2001:db8::{number}", 0.0) == 0.0
    assert limits.begin("2001:db8::ffff", 0.0) > 0.0
    assert limits.begin("2001:db8:1::1", 0.0) == 0.0


def test_the_owners_success_frees_the_owner() -> None:
    limits = GuessLimits()
    for _ in range(FREE_COUNT):
        limits.begin("127.0.0.1", 0.0)
    limits.succeeded("127.0.0.1")
    assert limits.begin("127.0.0.1", 0.0) == 0.0


def test_s_09_many_addresses_are_bounded_and_slowed_together_but_not_for_long() -> None:
    limits, waited = GuessLimits(), 0.0
    for number in range(100_000):
        wait = limits.begin(f"10.{number >> 8 & 255}.{number & 255}.1", number / 1000)
        waited = max(waited, wait)
    assert len(limits) <= MOST_NETWORKS
    assert 0.0 < waited <= LONGEST_WAIT_OF_ALL_SECONDS
    for number in range(FREE_OF_ALL_COUNT * 100):
        limits.begin(f"192.0.{number & 255}.{number >> 8}", 200.0 + number * LONGEST_WAIT_OF_ALL_SECONDS)
    assert len(limits) <= MOST_NETWORKS


def test_whoever_guesses_from_everywhere_all_the_time_does_not_lock_the_owner_out() -> None:
    limits = GuessLimits()
    assert limits.begin("198.51.100.7", 0.0) == 0.0
    limits.succeeded("198.51.100.7")
    for number in range(FREE_OF_ALL_COUNT + 1):
        limits.begin(f"2001:db8:{number:x}::1", 1.0)
    assert limits.begin("203.0.113.5", 1.0) > 0.0
    assert limits.begin("198.51.100.99", 1.0) == 0.0, "the owner came in from that network"
    assert limits.begin("127.0.0.1", 1.0) == 0.0
    waits = [limits.begin("::1", 1.0) for _ in range(FREE_COUNT + 1)]
    assert waits[-1] > 0.0, "guesses of one network are limited as ever"
    for number in range(MOST_KNOWN + 10):
        limits.succeeded(f"10.0.{number}.1")
    assert limits.begin("198.51.100.99", 1.0) > 0.0


def test_what_is_long_ago_is_forgotten() -> None:
    limits = GuessLimits()
    for _ in range(FREE_COUNT):
        limits.begin("127.0.0.1", 0.0)
    assert limits.begin("127.0.0.1", 4000.0) == 0.0
    assert limits.begin("127.0.0.1", 4000.0) == 0.0
