"""What the vendors' keys offer."""

from codex_proxy.bootstrap.models.vendors import Offering, VendorGround, Vendors, vendors_of
from codex_proxy.routing.vendor_rows import VendorModel
from codex_proxy.vendors.key import KeyModel, KeyStatus
from codex_proxy.vendors.pool import VendorPool
from codex_proxy.vendors.profile import Capability, ModelFamily, VendorProfile, Wire, WireProfile
from tests.vendors.samples import NOW, key

OPENAI = VendorProfile(
    name="openai",
    display_name="OpenAI",
    base_url="https://api.example/v1",
    wires=(WireProfile(wire=Wire.CHAT),),
    families=(ModelFamily(models=("gpt-*",), efforts=("low",), context_window=9),),
)


def test_without_keys_nothing_is_offered() -> None:
    vendors = Vendors()
    assert (vendors.offers(), vendors.models()) == (Offering(), ())


def test_enabled_models_of_enabled_keys_are_listed_with_what_the_profile_knows() -> None:
    embeddings = KeyModel(id="embed", display_name="Embed", capabilities=(Capability.EMBEDDINGS,))
    keys = [
        key("a", models=(KeyModel(id="gpt-4o"), KeyModel(id="off", enabled=False), embeddings)),
        key("b", vendor="custom", name="home", models=(KeyModel(id="llama"),)),
        key("c", status=KeyStatus.DISABLED, models=(KeyModel(id="gone"),)),
        key("d", status=KeyStatus.ERROR, models=(KeyModel(id="refused"),)),
    ]
    pool = VendorPool()
    for one in keys:
        pool.put(one)
    vendors = vendors_of(VendorGround(all_keys=lambda: keys, offers=pool.offers, profiles={"openai": OPENAI}))
    models = vendors.models()
    assert [(model.vendor, model.id, model.display_name, model.capabilities) for model in models] == [
        ("openai", "gpt-4o", "", ("chat",)),
        ("openai", "embed", "Embed", ("embeddings",)),
        ("home", "llama", "", ("chat",)),
        ("openai", "refused", "", ("chat",)),
    ]
    assert (models[0].known, models[2]) == (OPENAI.facts_of("gpt-4o"), VendorModel(id="llama", vendor="home"))
    assert vendors.models() is models
    pool.settle("a", None, NOW)
    assert vendors.models() is models
    pool.remove("a")
    keys.pop(0)
    assert [model.id for model in vendors.models()] == ["llama", "refused"]
