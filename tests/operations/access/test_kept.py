"""What is kept shows no secret."""

from codex_proxy.operations.access.kept import KeptAdmin, KeptPassword, SecondFactor, SetupLink


def test_nothing_of_it_is_in_its_repr() -> None:
    kept = KeptAdmin(
        password=KeptPassword(digest="hidden", set_at=1.0),
        link=SetupLink(digest="hidden", expires_at=1.0),
        factor=SecondFactor(secret="hidden", recovery=("hidden",)),
    )
    assert "hidden" not in repr(kept)
