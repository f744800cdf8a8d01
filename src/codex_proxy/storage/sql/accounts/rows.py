"""Accounts as rows, and back.

Rules of this file: a row that changes is told the columns that differ and no others; each secret is sealed for its own
row and column, and sealed anew only when it changed.
"""

from typing import Any, Final

import msgspec
from sqlalchemy import Row

from codex_proxy.accounts.record import AccountRecord, Death, FingerprintMode, Identity, Secrets
from codex_proxy.storage.sealing.ring import Seal, Unseal
from codex_proxy.storage.sql.tables.accounts import ACCOUNTS
from codex_proxy.storage.sql.tables.metadata import place_of
from codex_proxy.storage.succession import Held, identity_digest, token_digest

SECRET_COLUMNS: Final = Secrets.__struct_fields__
OPAQUE_COLUMNS: Final = ("condition", "counters")
RECORD_COLUMNS: Final = [each for each in ACCOUNTS.c if each.name not in {*SECRET_COLUMNS, *OPAQUE_COLUMNS}]
HELD_COLUMNS: Final = [each for each in ACCOUNTS.c if each.name not in OPAQUE_COLUMNS]


def record_of(row: Row[Any]) -> AccountRecord:
    """The account in a row that has at least ``RECORD_COLUMNS``."""
    return AccountRecord(
        row_id=row.row_id,
        identity=Identity(issuer=row.issuer, account_id=row.account_id, user_id=row.user_id),
        email=row.email,
        plan=row.plan,
        label=row.label,
        enabled=row.enabled,
        fingerprint_mode=FingerprintMode(row.fingerprint_mode),
        added_at=row.added_at,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        has_refresh_token=row.refresh_digest is not None,
        generation=row.generation,
        death=None if row.death is None else Death(row.death),
        died_at=row.died_at,
        followed_file=row.followed_file,
        revision=row.revision,
    )


def secrets_of(row: Row[Any], unseal: Unseal) -> Secrets:
    """The tokens in a row that has at least the row id and the sealed columns."""
    return Secrets(
        **{
            name: None
            if (sealed := getattr(row, name)) is None
            else unseal(sealed, place_of(ACCOUNTS.c[name], row.row_id))
            for name in SECRET_COLUMNS
        }
    )


def columns_of(held: Held, seal: Seal, *, before: Held | None = None) -> dict[str, Any]:
    """The columns to write: all of a new account, of one that was there before those that differ."""
    columns, known = _plain(held), {} if before is None else _plain(before)
    changed = {name: value for name, value in columns.items() if name not in known or known[name] != value}
    for name in SECRET_COLUMNS:
        secret = getattr(held.secrets, name)
        if before is None or secret != getattr(before.secrets, name):
            changed[name] = None if secret is None else seal(secret, place_of(ACCOUNTS.c[name], held.record.row_id))
    return changed


def _plain(held: Held) -> dict[str, Any]:
    record = msgspec.structs.asdict(held.record)
    del record["has_refresh_token"], record["revision"], record["identity"]
    identity = held.record.identity
    return record | {
        "issuer": identity.issuer,
        "account_id": identity.account_id,
        "user_id": identity.user_id,
        "identity_digest": identity_digest(identity),
        "access_digest": token_digest(held.secrets.access_token),
        "refresh_digest": token_digest(held.secrets.refresh_token),
    }
