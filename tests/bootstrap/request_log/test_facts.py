"""What a capsule says of the gateway."""

from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.request_log.facts import capsule_facts
from codex_proxy.bootstrap.vendors.keys import keys_of_settings
from codex_proxy.settings.schema import Settings
from codex_proxy.vendors.key import VendorKey
from codex_proxy.vendors.profile import Wire


def test_settings_are_told_without_secrets_and_places() -> None:
    settings = Settings.model_validate(
        {
            "server": {"proxy_api_key": "the-owners-key"},
            "auth": {"jwt_token": "a-token"},
            "tls": {"proxy_url": "http://user:pass@proxy"},
            "model": {"aliases": {"mine": "gpt-5.4"}},
        }
    )
    tls = settings.tls.model_copy(update={"health_check_url": "http://u:hidden@check/"})  # not even this is told
    settings = settings.model_copy(update={"tls": tls})
    facts = capsule_facts(settings, SystemClock())
    assert facts.config["model.aliases"] == {"mine": "gpt-5.4"}
    assert facts.config["tls.health_check_url"] == "http://[redacted]@check/"
    names = {"server.proxy_api_key", "auth.jwt_token", "tls.proxy_url", "api.base_url", "auth.oauth_token_endpoint"}
    assert not names & facts.config.keys()
    assert not any(secret in str(facts.config) for secret in ("the-owners-key", "a-token", "pass", "hidden"))
    assert facts.product.version


def test_vendor_keys_are_told_without_their_secret_and_their_address() -> None:
    entry = {
        "base_url": "https://acme.example/v1",
        "api_key": "the-key-of-acme",
        "quirks": {"refuses": ["seed"], "sends": {"api_key": "hidden-member"}},
        "headers": {"x-auth": "hidden-header"},
        "models": ["acme-1"],
    }
    settings = Settings.model_validate({"providers": {"custom": {"acme": entry}}, "model_routing": {"a*": "acme"}})
    keys = keys_of_settings(settings, {})
    facts = capsule_facts(settings, SystemClock(), keys)
    (key,) = facts.vendor_keys
    assert (key.row_id, key.name, key.vendor, key.wire) == ("settings-acme", "acme", "acme", "chat")
    assert [(model.id, model.capabilities) for model in key.models] == [("acme-1", ["chat"])]
    assert key.profile is not None
    assert key.profile["quirks"] == {"refuses": ["seed"], "sends": {"api_key": "[redacted]"}}
    assert facts.config["model_routing"] == {"a*": "acme"}
    told = str(facts)
    assert not any(word in told for word in ("acme.example", "the-key-of-acme", "hidden"))


def test_a_vendor_of_whom_the_owner_says_nothing_has_the_packaged_profile() -> None:
    key = VendorKey(row_id="k1", vendor="openai", base_url="https://x.example", wire=Wire.CHAT, secret="s")
    (told,) = capsule_facts(Settings(), SystemClock(), [key]).vendor_keys
    assert (told.name, told.profile, told.models) == (None, None, [])
