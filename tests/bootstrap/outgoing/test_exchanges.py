"""The gateway that runs exchanges."""

from codex_proxy.bootstrap.outgoing.exchanges import resolver_maker
from codex_proxy.routing.resolve import Resolved
from codex_proxy.settings.schema import ModelSection, Settings
from tests.operations.test_upstream_lookups import Scene, check, models


async def test_names_are_resolved_with_what_was_fetched_last() -> None:
    scene = Scene()
    settings = Settings(model=ModelSection(aliases={"mine": "gpt-new"}))
    resolver = resolver_maker(settings, scene.lookups)
    assert resolver().catalogue.find("gpt-new") is None
    scene.script("free", check("free"), models("gpt-new"))
    scene.script("plus", check("plus"), models("gpt-new"))
    await scene.lookups.refresh()
    found = resolver().resolve("mine")
    assert isinstance(found, Resolved)
    assert found.model.slug == "gpt-new"
