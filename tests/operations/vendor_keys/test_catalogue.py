"""The vendors there are."""

from tests.operations.vendor_keys.stage import Stage, replied, told


async def test_a_vendor_is_offered_with_its_own_models_and_those_it_told_at_its_own_address() -> None:
    stage = Stage()
    names = [vendor.profile.name for vendor in stage.catalogue.vendors()]
    assert names == ["openai", "gemini", "local", "custom"]
    stage.transport.add(
        replied(b'{"data":[{"id":"a"},{"id":"embed","name":"Other"}]}'), replied(b'{"data":[{"id":"elsewhere"}]}')
    )
    await stage.lists.ask(stage.changes.read(told()))
    await stage.lists.ask(stage.changes.read(told(base_url="https://elsewhere.example")))
    openai, *others = stage.catalogue.vendors()
    assert openai.base_url == "https://api.example/v1"
    assert [(model.id, model.display_name) for model in openai.models] == [("embed", "Embedder"), ("a", "")]
    assert [vendor.models for vendor in others] == [(), (), ()]
    assert others[-1].base_url is None
