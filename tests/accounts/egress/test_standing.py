"""What is known of an egress proxy."""

from codex_proxy.accounts.egress.standing import (
    Standing,
    changed_place,
    failed,
    let_through,
    region_refused,
)

NOW = 1000.0


def test_one_failure_proves_nothing_and_two_exclude_until_it_lets_us_through() -> None:
    once = failed(Standing(), "refused")
    twice = failed(once, "refused again")
    assert (once.is_usable(NOW), once.why(NOW)) == (True, None)
    assert (twice.is_usable(NOW), twice.why(NOW)) == (False, "refused again")
    assert let_through(twice) == Standing()


def test_a_refused_region_excludes_for_half_an_hour() -> None:
    refused = region_refused(Standing(), NOW)
    assert not refused.is_usable(NOW + 1799)
    assert refused.why(NOW) == "the upstream refuses the country it comes out in"
    assert (refused.is_usable(NOW + 1800), refused.why(NOW + 1800)) == (True, None)


def test_coming_through_says_nothing_about_the_region_and_another_address_does() -> None:
    refused = region_refused(failed(Standing(), "x"), NOW)
    assert not let_through(refused).is_usable(NOW)
    assert changed_place(refused).is_usable(NOW)
