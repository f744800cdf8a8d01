"""What is kept of model lists."""

from codex_proxy.canonical.target import ModelFacts
from codex_proxy.operations.catalogue.kept import VERSION, KeptLists, PlanList


def test_a_document_has_the_version_of_its_form() -> None:
    kept = KeptLists(
        base_url="u", plans={"plus": PlanList(models=(ModelFacts(slug="m"),), fetched_at=1.0, client_version="1")}
    )
    assert (kept.version, kept.plans["plus"].etag) == (VERSION, None)
