"""Keys looked up by their secrets."""

from codex_proxy.access.granted.ring import GrantedKeys
from tests.access.granted.samples import KEY_ID, SECRET, granted


def test_a_key_is_found_by_its_secret_and_its_id_until_it_is_gone() -> None:
    ring = GrantedKeys()
    assert ring.find(SECRET) is None
    ring.take([granted(), granted("ck_2", "another secret", tools=())])
    assert (len(ring), [key.key_id for key in ring]) == (2, [KEY_ID, "ck_2"])
    assert ring.find(SECRET) == ring.of_id(KEY_ID) == granted()
    assert ring.find(SECRET[:-1]) is None
    assert ring.find("пароль") is None
    assert (ring.tools_of(KEY_ID), ring.tools_of("ck_2"), ring.tools_of("ck_3")) == (None, (), None)
    ring.take([granted("ck_2", "another secret")])
    assert (ring.find(SECRET), ring.of_id(KEY_ID)) == (None, None)
