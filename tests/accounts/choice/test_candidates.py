"""Places of accounts in one bucket."""

from typing import Any

from codex_proxy.accounts.choice.candidates import Candidates, Place
from codex_proxy.accounts.rotation import Standing, Strategy

FREE = Place("plus", None)


def candidates(**places: Place) -> Candidates:
    made = Candidates(Strategy.LEAST_USED)
    for row_id, place in places.items():
        enter(made, row_id, place)
    return made


def enter(made: Candidates, row_id: str, place: Place, *, is_full: bool = False, **facts: Any) -> tuple[bool, bool]:
    moved = made.put(row_id, place, point=ord(row_id))
    return moved, made.rank(Standing(row_id=row_id, **facts), is_full=is_full)


def walked(made: Candidates, plan: str = "plus") -> str:
    return "".join(row_id for _, row_id in made.groups[plan].order.walk(None))


def test_usable_accounts_are_grouped_by_plan_and_the_others_counted() -> None:
    made = candidates(a=FREE, b=Place("pro", None), c=Place("plus", "limited"), d=Place("pro", "limited"))
    assert {plan: dict(group.points) for plan, group in made.groups.items()} == {"plus": {"a": 97}, "pro": {"b": 98}}
    assert dict(made.hindered) == {"limited": 2}
    assert dict(made.places())["c"] == made.place("c") == Place("plus", "limited")


def test_an_account_moves_from_place_to_place() -> None:
    made = candidates(a=FREE)
    assert enter(made, "a", Place("plus", "limited")) == (True, False)
    assert (walked(made), made.groups["plus"].points, dict(made.hindered)) == ("", {}, {"limited": 1})
    assert enter(made, "a", Place("pro", None)) == (True, False)
    assert (walked(made), walked(made, "pro"), dict(made.hindered)) == ("", "a", {})


def test_another_rank_is_no_other_place() -> None:
    made = candidates(a=FREE, b=FREE)
    assert walked(made) == "ab"
    assert enter(made, "a", FREE, used_slots=1) == (False, False)
    assert walked(made) == "ba"


def test_a_full_account_keeps_its_place_and_is_known_as_full() -> None:
    made = candidates(a=FREE)
    assert enter(made, "a", FREE, is_full=True) == (False, True)
    assert enter(made, "a", FREE, is_full=True) == (False, False)
    assert (made.groups["plus"].full, walked(made)) == ({"a"}, "a")
    assert enter(made, "a", FREE) == (False, True)
    assert made.groups["plus"].full == set()


def test_what_goes_leaves_nothing_behind() -> None:
    made = candidates(a=FREE, b=Place("plus", "limited"))
    enter(made, "a", FREE, is_full=True)
    for row_id in "abz":
        made.remove(row_id)
    assert (list(made.places()), dict(made.hindered), walked(made)) == ([], {}, "")
    assert made.groups["plus"].full == set()
