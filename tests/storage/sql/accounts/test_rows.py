"""Accounts as rows."""

from msgspec.structs import replace

from codex_proxy.accounts.record import AccountRecord, Death, Identity, Secrets
from codex_proxy.storage.sealing.ring import Place
from codex_proxy.storage.sql.accounts.rows import columns_of
from codex_proxy.storage.succession import Held

HELD = Held(
    record=AccountRecord(row_id="a", identity=Identity(issuer="i", account_id="acc"), has_refresh_token=True),
    secrets=Secrets(access_token="at", refresh_token="rt"),
)


def seal(secret: str, place: Place) -> bytes:
    return f"{secret} in {'/'.join(place)}".encode()


def changed(after: Held) -> dict[str, object]:
    return columns_of(after, seal, before=HELD)


def test_a_new_account_is_written_whole_and_its_secrets_are_sealed_each_for_its_place() -> None:
    columns = columns_of(HELD, seal)
    assert columns["access_token"] == b"at in accounts/a/access_token"
    assert columns["refresh_token"] == b"rt in accounts/a/refresh_token"
    assert (columns["id_token"], columns["client_key"], columns["user_id"]) == (None, None, None)
    assert not {"revision", "has_refresh_token", "identity", "condition"} & columns.keys()


def test_a_04_only_what_differs_is_written() -> None:
    assert changed(HELD) == {}
    labelled = Held(record=replace(HELD.record, label="x", revision=9), secrets=HELD.secrets)
    assert changed(labelled) == {"label": "x"}
    dead = Held(record=replace(HELD.record, death=Death.REUSED, died_at=5.0), secrets=HELD.secrets)
    assert changed(dead) == {"death": "refresh_token_reused", "died_at": 5.0}


def test_a_secret_is_sealed_anew_when_it_changed() -> None:
    after = Held(record=HELD.record, secrets=replace(HELD.secrets, access_token="at2", id_token="it"))
    columns = changed(after)
    assert columns.keys() == {"access_token", "access_digest", "id_token"}
    assert columns["access_token"] == b"at2 in accounts/a/access_token"


def test_a_name_that_was_learned_is_written_with_its_digest() -> None:
    named = replace(HELD.record, identity=Identity(issuer="i", account_id="acc", user_id="user"))
    assert changed(Held(record=named, secrets=HELD.secrets)).keys() == {"user_id", "identity_digest"}
