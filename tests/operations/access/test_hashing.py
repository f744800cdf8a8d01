"""Hashing passwords."""

from codex_proxy.operations.access.hashing import Hashing


async def test_s_09_any_script_is_hashed_and_compared() -> None:
    hashing = Hashing()
    digest = await hashing.digest("пароль-e\u0301")
    assert digest.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await hashing.fits("пароль-\u00e9", digest), "one spelling of each letter"
    for wrong in ("пароль", "", "\ud800", "пароль-e"):
        assert not await hashing.fits(wrong, digest)


async def test_without_a_password_nothing_fits_and_a_broken_hash_fits_nothing() -> None:
    hashing = Hashing()
    assert not await hashing.fits("nobody's password", None)
    assert not await hashing.fits("x", "no hash at all")
