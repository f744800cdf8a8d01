"""The naming bench asks for what nobody serves, and finds what a comparison with all ids finds."""

from bench.naming.run import known_ids, measure, misspelt


def test_names_are_near_ids_and_none_of_them() -> None:
    ids = known_ids(400)
    names = misspelt(ids, 20)
    assert (len(ids), len(set(names)), set(names) & set(ids)) == (400, 20, set())


def test_what_it_measures_agrees() -> None:
    figures = measure(120, rounds=1)
    assert figures.agreeing == 1
    assert min(figures.resolve_us, figures.compare_us) > 0
