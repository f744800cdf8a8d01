"""Keys of accounts."""

import pytest

from codex_proxy.access.bound_keys import BoundKeys

KEYS = ["codex-proxy-" + f"{number:048x}" for number in range(3)]


def bound(**secrets: str | None) -> BoundKeys:
    keys = BoundKeys(b"pepper")
    for row_id, secret in secrets.items():
        keys.bind(row_id, secret)
    return keys


def test_a_key_finds_its_account_and_no_other() -> None:
    keys = bound(a=KEYS[0], b=KEYS[1], c=None)
    assert [keys.find(key) for key in KEYS] == ["a", "b", None]
    assert len(keys) == 2


def test_a_key_goes_with_its_account_or_when_the_account_has_another() -> None:
    keys = bound(a=KEYS[0], b=KEYS[1])
    keys.bind("a", KEYS[2])
    keys.release(["b", "never-there"])
    assert [keys.find(key) for key in KEYS] == [None, None, "a"]
    keys.bind("a", None)
    assert len(keys) == 0


def test_a_key_that_two_accounts_brought_stays_with_the_first_while_that_is_there() -> None:
    keys = bound(a=KEYS[0], b=KEYS[0])
    keys.bind("a", KEYS[0])
    assert keys.find(KEYS[0]) == "a"
    keys.release(["a"])
    assert keys.find(KEYS[0]) == "b"


@pytest.mark.parametrize(
    "secret", ["pwd", "", "codex-proxy-", "codex-proxy-" + "0" * 31, KEYS[0].upper(), KEYS[0] + "\n"]
)
def test_a_weak_key_or_one_of_another_form_opens_nothing(secret: str) -> None:
    assert bound(a=secret).find(secret) is None


def test_the_hash_is_keyed_and_the_secret_not_kept() -> None:
    keys = bound(a=KEYS[0])
    assert KEYS[0] not in str(vars(keys))
    assert vars(keys)["_digests"] != vars(BoundKeys(b"other"))["_digests"]
