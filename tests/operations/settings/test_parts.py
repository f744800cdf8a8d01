"""The words of refusals."""

from codex_proxy.operations.settings.parts import FileUnusable, RevisionConflict, SettingsRefused, Wrong

FOUND = Wrong(message="must be less", source="local.yaml:3", key="a.b", file="local.yaml", line=3)


def test_a_refusal_names_keys_and_places() -> None:
    assert str(FOUND) == "a.b: must be less"
    assert str(SettingsRefused([FOUND, Wrong(message="unknown key a.c", source="request", key="a.c")])) == (
        "a.b: must be less; unknown key a.c"
    )
    assert str(FileUnusable([FOUND])) == (
        "the configuration file has to be repaired first: local.yaml:3: a.b: must be less"
    )
    assert RevisionConflict("abc").revision == "abc"
