"""The table that comes with the program."""

from codex_proxy.bootstrap.models.packaged import packaged_catalogue, packaged_models
from codex_proxy.routing.resolve import FAMILIES
from codex_proxy.settings.schema import Settings


def test_the_table_is_right_and_read_once() -> None:
    first, *rest = packaged_models()
    assert packaged_models() is packaged_models()
    assert (first.slug, first.efforts, first.default_effort) == (
        "gpt-5.5",
        ("low", "medium", "high", "xhigh"),
        "medium",
    )
    assert (first.context_window, first.max_context_window, first.max_output_tokens) == (272_000, 272_000, 128_000)
    unknown = next(model for model in rest if model.slug == "gpt-5-codex-mini")
    assert (unknown.context_window, unknown.max_output_tokens) == (None, None)


def test_what_names_lead_to_by_themselves_is_in_the_table() -> None:
    catalogue, model = packaged_catalogue(), Settings().model
    assert not catalogue.fetched
    for slug in (model.default, model.image_host_model, *(target for _, target in FAMILIES)):
        assert catalogue.find(slug) is not None
