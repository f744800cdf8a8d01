"""The owner's own models."""

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.routing.catalogue import Catalogue, fetched_catalogue, static_catalogue
from codex_proxy.routing.custom import CustomModel, unknown_bases, with_custom

LISTED = ModelFacts(
    slug="gpt-5.5",
    display_name="GPT",
    efforts=("low", "medium", "high"),
    default_effort="medium",
    service_tiers=("priority",),
    lite=True,
    visible=False,
    priority=3,
    context_window=9,
    raw={"slug": "gpt-5.5", "visibility": "hide", "base_instructions": "be good"},
)
FETCHED = fetched_catalogue([LISTED])


def added(entry: CustomModel, catalogue: Catalogue = FETCHED) -> ModelFacts:
    found = with_custom(catalogue, [entry]).find(entry.id)
    assert found is not None
    return found


def test_what_stands_on_nothing() -> None:
    entries = [CustomModel(id="a", based_on="b"), CustomModel(id="b"), CustomModel(id="c", based_on="b")]
    assert unknown_bases(Catalogue(models={}), entries) == {"a": "b"}
    assert unknown_bases(Catalogue(models={"b": ModelFacts(slug="b")}), entries) == {}


def test_an_id_alone_is_a_plain_text_model_behind_all_others() -> None:
    assert added(CustomModel(id="mine")) == ModelFacts(
        slug="mine",
        display_name="mine",
        efforts=("medium",),
        default_effort="medium",
        input_modalities=("text",),
        priority=4,
    )
    assert [model.slug for model in with_custom(FETCHED, [CustomModel(id="mine")]).listed()] == ["gpt-5.5", "mine"]


def test_an_entry_says_what_it_wants() -> None:
    entry = CustomModel(
        id="mine",
        display_name="Mine",
        description="Ours",
        efforts=("low", "high"),
        default_effort="high",
        service_tiers=("flex",),
        input_modalities=("text", "image"),
        output_modalities=("text",),
        context_window=10,
        max_context_window=20,
        max_output_tokens=5,
    )
    assert added(entry) == ModelFacts(
        slug="mine",
        display_name="Mine",
        description="Ours",
        efforts=("low", "high"),
        default_effort="high",
        service_tiers=("flex",),
        input_modalities=("text", "image"),
        context_window=10,
        max_context_window=20,
        max_output_tokens=5,
        priority=4,
    )


def test_what_it_is_based_on_tells_the_rest() -> None:
    model = added(CustomModel(id="mine", based_on="gpt-5.5", efforts=("low", "high")))
    assert (model.slug, model.display_name, model.visible) == ("mine", "mine", True)
    assert (model.efforts, model.default_effort) == (("low", "high"), "high")
    assert (model.service_tiers, model.lite, model.context_window) == (("priority",), True, 9)
    assert model.raw["base_instructions"] == "be good"
    assert (model.raw["slug"], model.raw["visibility"], model.raw["context_window"]) == ("mine", "list", 9)


def test_a_base_may_be_another_of_them_and_one_that_is_missing_tells_nothing() -> None:
    both = with_custom(FETCHED, [CustomModel(id="one", context_window=7), CustomModel(id="two", based_on="one")])
    two = both.find("two")
    assert two is not None
    assert (two.context_window, two.display_name) == (7, "two")
    assert added(CustomModel(id="mine", based_on="gone")) == added(CustomModel(id="mine"))


def test_a_listed_model_is_changed_in_its_place() -> None:
    model = added(CustomModel(id="gpt-5.5", context_window=100))
    assert (model.display_name, model.context_window, model.efforts) == ("GPT", 100, LISTED.efforts)
    assert (model.visible, model.priority) == (True, 3)


def test_the_best_model_is_never_one_that_the_owner_added() -> None:
    catalogue = with_custom(static_catalogue([ModelFacts(slug="z")]), [CustomModel(id="a")])
    best = catalogue.best()
    assert best is not None
    assert (best.slug, catalogue.fetched) == ("z", False)
