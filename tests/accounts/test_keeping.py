"""What is kept beside accounts shows no secret."""

from codex_proxy.accounts.keeping import Cookie, EgressProxy, PersistenceHealth


def test_secrets_do_not_show() -> None:
    cookie = Cookie(row_id="a", egress_id="direct", domain="d", name="cf_clearance", value="secret value")
    proxy = EgressProxy(proxy_id="p", name="home", url="http://user:password@127.0.0.1:1")
    assert "secret value" not in repr(cookie)
    assert "cf_clearance" in repr(cookie)
    assert "password" not in f"{proxy} {[proxy]!r}"


def test_a_store_is_well_until_something_is_wrong() -> None:
    assert PersistenceHealth() == PersistenceHealth(ok=True, quarantined=False)
