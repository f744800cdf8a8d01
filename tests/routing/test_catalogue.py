"""The model table."""

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.catalogue import fetched_catalogue, static_catalogue


def test_before_any_fetch_the_static_models_are_offered() -> None:
    catalogue = static_catalogue()
    assert not catalogue.fetched
    assert catalogue.find("gpt-5.4") is not None
    assert catalogue.find("gpt-99") is None


def test_a_fetched_list_replaces_it_and_is_completed_from_it() -> None:
    catalogue = fetched_catalogue([ModelFacts(slug="gpt-5.4", efforts=("low",)), ModelFacts(slug="gpt-99")])
    assert [model.slug for model in catalogue.listed()] == ["gpt-5.4", "gpt-99"]
    known = catalogue.find("gpt-5.4")
    assert known is not None
    assert known.efforts == ("low",)
    assert known.context_window == 272_000
    assert catalogue.find("gpt-5.5") is None


def test_the_best_model_is_the_visible_one_of_the_lowest_priority_number() -> None:
    models = [
        ModelFacts(slug="b", priority=2),
        ModelFacts(slug="hidden", priority=0, visible=False),
        ModelFacts(slug="a", priority=1),
    ]
    best = fetched_catalogue(models).best()
    assert best is not None
    assert best.slug == "a"
    assert fetched_catalogue([]).best() is None
