"""What model names lead to, put together."""

from pathlib import Path
from typing import Any

import pytest

from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.models.packaged import packaged_models
from codex_proxy.bootstrap.models.routing import Routing, refuse_unknown_vendors
from codex_proxy.bootstrap.models.vendors import Offering, Vendors
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.operations.catalogue.lists import ListParts, ModelLists
from codex_proxy.routing.resolve import Resolved, UnknownModel, VendorRoute
from codex_proxy.routing.vendor_rows import VendorModel
from codex_proxy.settings.schema import Settings
from tests.gateway.scene import FakeClock
from tests.operations.catalogue.stand_ins import MemoryLists
from tests.protocols.codex.parts import CLIENT
from tests.scenarios.stage import stage
from tests.vendors.samples import SECRET


class Keys:
    """Vendor keys, as they are at a time."""

    def __init__(self) -> None:
        self.models: tuple[VendorModel, ...] = ()
        self.vendors: frozenset[str] = frozenset()

    def offers(self) -> Offering:
        return Offering(models={model.id: (model.vendor,) for model in self.models}, vendors=self.vendors)

    def take(self, *models: VendorModel) -> None:
        self.models, self.vendors = models, frozenset(model.vendor for model in models)


def routing(keys: Keys | None = None, **settings: Any) -> Routing:
    async def nobody(*_: object) -> Failure:
        return Failure(kind=FailureKind.UNREACHABLE, message="nobody is there")

    lists = ModelLists(
        ListParts(
            ask=nobody,
            pool=AccountPool(affinity=AffinityMap()),
            clock=FakeClock(),
            client=lambda: CLIENT,
            base_url="http://upstream.invalid",
            conditional=False,
            static=packaged_models(),
            custom=(),
            store=MemoryLists(),
            jitter=lambda: 0.0,
            complain=lambda where, error: None,
        )
    )
    vendors = Vendors() if keys is None else Vendors(offers=keys.offers, models=lambda: keys.models)
    validated = Settings.model_validate(settings)
    return Routing(lambda: validated, lists, vendors)


def test_settings_reach_the_resolver() -> None:
    model = {"default": "gpt-5.4-mini", "aliases": {"mine": "gpt-5.5"}, "unknown": "fallback"}
    resolver = routing(model=model, model_routing={"llama-*": "groq"}).resolver()
    for name, slug in (("", "gpt-5.4-mini"), ("mine", "gpt-5.5"), ("nobody", "gpt-5.4-mini"), ("llama-4", "llama-4")):
        found = resolver.resolve(name)
        assert isinstance(found, Resolved)
        assert found.model.slug == slug
    hosted = resolver.hosting("dall-e-3")
    assert isinstance(hosted, Resolved)
    assert hosted.model.slug == "gpt-5.5"


def test_keys_that_come_and_go_are_seen_by_the_next_request() -> None:
    keys = Keys()
    whole = routing(keys)
    models = whole.model_list()
    assert isinstance(whole.resolver().resolve("chat-x"), UnknownModel)
    keys.take(
        VendorModel(id="chat-x", vendor="groq", known=ModelFacts(slug="chat-x", display_name="X", context_window=5))
    )
    found = whole.resolver().resolve("chat-x")
    assert isinstance(found, Resolved)
    assert (found.vendor, found.model.context_window) == (VendorRoute(vendor=None, model="chat-x"), 5)
    assert models.shown_to("key")[-1].display_name == "X"
    assert "chat-x" not in [
        model.slug for model in whole.model_list(lambda _, model: model.slug != "chat-x").shown_to("key")
    ]
    keys.take()
    assert isinstance(whole.resolver().resolve("chat-x"), UnknownModel)
    assert all(model.vendor is None for model in models.shown_to("key"))


def test_a_model_is_routed_to_vendors_there_are() -> None:
    refuse_unknown_vendors({"a": "groq"}, {"groq", "openai"})
    with pytest.raises(StartRefused, match=r"model_routing\.a\*: there is no vendor grok; known are groq, openai"):
        refuse_unknown_vendors({"a*": "grok"}, {"openai", "groq"})


async def test_a_vendors_models_are_listed_in_every_shape_and_their_routes_explained(tmp_path: Path) -> None:
    chat = {"provider": "openai", "apiKey": SECRET, "models": ["gpt-4o", "gpt-5.4"]}
    embeddings = chat | {"models": ["embed"], "capabilities": ["embeddings"]}
    async with stage(tmp_path) as play:
        added = [(await play.client.post("/auth/api-keys", json=body)).json()["added"] for body in (chat, embeddings)]
        openai = {model["id"]: model for model in (await play.client.get("/v1/models")).json()["data"]}
        claude = await play.client.get("/v1/models?limit=99", headers={"anthropic-version": "2023-06-01"})
        gemini = await play.client.get("/v1beta/models")
        info = (await play.client.get("/v1/models/openai:gpt-5.4/info")).json()
        catalogue = {model["id"] for model in (await play.client.get("/v1/models/catalog")).json()}
        route = (await play.client.get("/admin/route?model=gpt-4o-high")).json()
    assert added == [2, 1]
    names = {"gpt-4o", "openai:gpt-5.4", "embed"}
    assert {(openai[name]["owned_by"], openai[name]["capabilities"][0]) for name in names} == {
        ("openai", "chat"),
        ("openai", "embeddings"),
    }
    assert {model["id"] for model in claude.json()["data"]} & names == names - {"embed"}
    embeds = next(model for model in gemini.json()["models"] if model["name"] == "models/embed")
    assert embeds["supportedGenerationMethods"] == ["embedContent", "batchEmbedContents"]
    assert (info["vendor"], info["source"]) == ("openai", "vendor")
    assert names <= catalogue
    assert (route["upstream"], route["vendor"], route["model"], route["effort"]) == ("vendor", None, "gpt-4o", "high")
    assert [key["vendor"] for key in route["keys"]] == ["openai"]


async def test_a_start_is_refused_where_a_model_is_routed_to_a_vendor_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "local.yaml").write_text("model_routing:\n  house-*: nobody\n")
    with pytest.raises(StartRefused, match=r"model_routing\.house-\*: there is no vendor nobody; known are .*openai"):
        async with stage(tmp_path):
            pass
