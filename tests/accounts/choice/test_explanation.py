"""What choices leave behind."""

from codex_proxy.accounts.choice.explanation import MAX_CHOICES, Choice, Explanation, Explanations
from codex_proxy.accounts.choice.need import Basis, Need

NEED = Need(model="m")


def choice(row_id: str) -> Choice:
    return Choice(at=1.0, pool_version=7, chosen=row_id, basis=Basis.STRATEGY, passed_over={"limited": 2})


def test_the_choices_of_a_request_are_told_in_order() -> None:
    kept = Explanations()
    kept.keep("r1", NEED, choice("a"))
    kept.keep("r2", NEED, choice("z"))
    kept.keep("r1", NEED, choice("b"))
    assert kept.explain("r1") == Explanation(request_id="r1", need=NEED, choices=(choice("a"), choice("b")))


def test_what_is_not_known_is_not_explained() -> None:
    assert Explanations().explain("r1") is None


def test_the_oldest_request_is_forgotten_first() -> None:
    kept = Explanations(limit=2)
    for request_id in ("r1", "r2", "r1", "r3"):
        kept.keep(request_id, NEED, choice("a"))
    assert [kept.explain(request_id) is None for request_id in ("r1", "r2", "r3")] == [True, False, False]
    assert len(kept) == 2


def test_one_request_cannot_fill_the_memory() -> None:
    kept = Explanations()
    for _ in range(MAX_CHOICES + 5):
        kept.keep("r1", NEED, choice("a"))
    told = kept.explain("r1")
    assert told is not None
    assert len(told.choices) == MAX_CHOICES
