"""The simulated models."""

from codex_proxy.simulator.catalogue import MODELS, PAID_ONLY, models_named, models_of


def test_every_model_is_described_alike_and_slugs_are_unique() -> None:
    assert len({frozenset(model) for model in MODELS}) == 1
    assert len({model["slug"] for model in MODELS}) == len(MODELS)


def test_a_free_plan_sees_less() -> None:
    free = {model["slug"] for model in models_of("free")}
    assert free == {model["slug"] for model in MODELS} - PAID_ONLY
    assert len(models_of("plus")) == len(models_of(None)) == len(MODELS)


def test_models_can_be_named_and_unknown_ones_are_like_the_others() -> None:
    known, made_up = models_named(["gpt-5.4", "gpt-5.3-codex-spark"])
    assert known in MODELS
    assert (made_up["slug"], made_up.keys()) == ("gpt-5.3-codex-spark", known.keys())
