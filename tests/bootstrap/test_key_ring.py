"""Keys in force."""

from codex_proxy.access.keys import make_key
from codex_proxy.bootstrap.key_ring import KeyRing, key_ring
from codex_proxy.bootstrap.live.current import Current
from codex_proxy.operations.client_keys import KeptKey, KeptKeys
from codex_proxy.settings.schema import ServerSection, Settings
from tests.access.granted.samples import KEY_ID, NOW, SECRET, granted

PEPPER = b"p"
BOUND = "codex-proxy-" + "0f" * 24
KEPT = KeptKeys(
    pepper=PEPPER,
    keys=(KeptKey(key=make_key("inference", "cp-1", frozenset({"inference"}), PEPPER), secret="cp-1"),),
)


def ring_of(owner_secret: str | None) -> KeyRing:
    return key_ring(KEPT, Current(settings_with(owner_secret)))


def settings_with(owner_secret: str | None) -> Settings:
    return Settings(server=ServerSection(proxy_api_key=owner_secret))


def test_the_owners_key_changes_while_somebody_asks() -> None:
    live = Current(settings_with("mine"))
    ring = key_ring(KEPT, live).joined("ollama", "inner", frozenset({"inference"}))
    seen = []
    for secret in ("mine", "other", None):
        live.put(settings_with(secret))
        seen.append([ring.authenticate(each) is not None for each in ("mine", "other", "cp-1", "inner")])
    assert seen == [[True, False, False, True], [False, True, False, True], [False, False, True, True]]


def test_a_kept_key_has_its_scopes() -> None:
    caller = ring_of(None).authenticate("cp-1")
    assert caller is not None
    assert (caller.key_id, caller.scopes) == ("inference", frozenset({"inference"}))
    assert ring_of(None).authenticate("cp-2") is None


def test_the_owners_key_takes_their_place_and_may_do_everything() -> None:
    ring = ring_of("mine")
    caller = ring.authenticate("mine")
    assert caller is not None
    assert caller.scopes == {"admin", "inference"}
    assert ring.authenticate("cp-1") is None


def test_a_ring_takes_one_more_key_for_as_long_as_it_lives() -> None:
    ring = ring_of("mine")
    joined = ring.joined("ollama", "inner", frozenset({"inference"}))
    caller = joined.authenticate("inner")
    assert caller is not None
    assert (caller.key_id, caller.scopes) == ("ollama", frozenset({"inference"}))
    assert joined.authenticate("mine") == ring.authenticate("mine")
    assert ring.authenticate("inner") is None


def test_the_key_of_an_account_is_for_inference_by_that_account_only_also_beside_the_owners_own() -> None:
    ring = ring_of("mine").joined("ollama", "inner", frozenset({"inference"}))
    ring.bound.bind("a", BOUND)
    caller = ring.authenticate(BOUND)
    assert caller is not None
    assert (caller.key_id, caller.scopes, caller.bound_to) == ("account-a", frozenset({"inference"}), "a")
    assert [known.bound_to for known in map(ring.authenticate, ("mine", "inner")) if known] == [None, None]
    ring.bound.release(("a",))
    assert ring.authenticate(BOUND) is None


def test_a_key_that_was_handed_out_has_its_scopes_also_beside_the_owners_own() -> None:
    ring = ring_of("mine").joined("ollama", "inner", frozenset({"inference"}))
    assert ring.authenticate(SECRET) is None
    ring.granted.take([granted(scopes=frozenset({"chat"}))])
    caller = ring.authenticate(SECRET)
    assert caller is not None
    assert (caller.key_id, caller.scopes, caller.bound_to, caller.refused) == (KEY_ID, frozenset({"chat"}), None, None)


def test_a_handed_out_key_that_is_off_or_over_is_known_and_opens_nothing() -> None:
    ring = KeyRing(tuple, PEPPER, now=lambda: NOW)
    for key, why in ((granted(enabled=False), "key_disabled"), (granted(expires_at=NOW), "key_expired")):
        ring.granted.take([key])
        caller = ring.authenticate(SECRET)
        assert caller is not None
        assert (caller.refused, caller.scopes) == (why, frozenset())
    ring.granted.take([granted(expires_at=NOW + 1)])
    caller = ring.authenticate(SECRET)
    assert caller is not None
    assert caller.refused is None
