"""What a capsule says of the gateway."""

from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.request_log.facts import capsule_facts
from codex_proxy.settings.schema import Settings


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
