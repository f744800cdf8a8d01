"""The simulated models."""

from codex_proxy.simulator.catalogue import MODELS, PAID_ONLY, models_of


def test_every_model_is_described_alike_and_slugs_are_unique() -> None:
    assert len({frozenset(model) for model in MODELS}) == 1
    assert len({model["slug"] for model in MODELS}) == len(MODELS)


def test_a_free_plan_sees_less() -> None:
    free = {model["slug"] for model in models_of("free")}
    assert free == {model["slug"] for model in MODELS} - PAID_ONLY
    assert len(models_of("plus")) == len(models_of(None)) == len(MODELS)
