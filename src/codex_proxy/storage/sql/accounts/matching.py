"""Which of several credentials concern an account that is there, and which none and nobody else among them.

Rules of this file: pure; what is not plainly a stranger's or one account's goes the way on which credentials are
compared one after another.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import NewAccount
from codex_proxy.storage.succession import Held, identity_digest, token_digest


class Marks(NamedTuple):
    """What an account may be known by: its row id, and digests of its identity and its tokens."""

    row_id: str
    identity: str | None
    access: str | None
    refresh: str | None


class Sorted(msgspec.Struct, frozen=True, kw_only=True):
    """Credentials by their places: those of ``strangers``, and those of one account each.  The others are neither."""

    strangers: frozenset[int]
    known: Mapping[int, Held]


def marks_of(new: NewAccount) -> Marks:
    """The marks of a credential."""
    return _marks(new.row_id, new.identity, new.secrets)


def sort_out(new: Sequence[NewAccount], there: Sequence[Held]) -> Sorted:
    """Whose each credential is; ``there`` are all accounts that have a mark of any of them."""
    marks, by_mark = [marks_of(each) for each in new], _by_mark(there)
    counts = Counter(mark for each in marks for mark in each if mark is not None)
    found = [_accounts_with(each, by_mark) for each in marks]
    claims = Counter(row_id for rows in found for row_id in rows)
    strangers, known = set[int](), dict[int, Held]()
    for place, rows in enumerate(found):
        if any(counts[mark] > 1 for mark in marks[place] if mark is not None):
            continue
        if not rows:
            strangers.add(place)
        elif len(rows) == 1:
            [(row_id, held)] = rows.items()
            if claims[row_id] == 1 and _is_of(new[place], held):
                known[place] = held
    return Sorted(strangers=frozenset(strangers), known=known)


def _marks(row_id: str, identity: Identity, secrets: Secrets) -> Marks:
    return Marks(
        row_id=row_id,
        identity=identity_digest(identity),
        access=token_digest(secrets.access_token),
        refresh=token_digest(secrets.refresh_token),
    )


def _by_mark(there: Sequence[Held]) -> Mapping[tuple[str, str], list[Held]]:
    """Accounts by the name and the value of each mark they have."""
    found: dict[tuple[str, str], list[Held]] = {}
    for held in there:
        for name, mark in _marks(held.record.row_id, held.record.identity, held.secrets)._asdict().items():
            if mark is not None:
                found.setdefault((name, mark), []).append(held)
    return found


def _accounts_with(marks: Marks, there: Mapping[tuple[str, str], list[Held]]) -> dict[str, Held]:
    """The accounts that have any of these marks, by row id."""
    found = (held for name, mark in marks._asdict().items() if mark is not None for held in there.get((name, mark), ()))
    return {held.record.row_id: held for held in found}


def _is_of(new: NewAccount, held: Held) -> bool:
    """Whether a credential is this account's: by identity, or by a token where one of them is nameless."""
    known, told = held.record.identity, new.identity
    if identity_digest(told) is not None and identity_digest(told) == identity_digest(known):
        return True
    pairs = (
        (new.secrets.access_token, held.secrets.access_token),
        (new.secrets.refresh_token, held.secrets.refresh_token),
    )
    nameless = known.account_id is None or told.account_id is None
    return nameless and known.issuer == told.issuer and any(one is not None and one == other for one, other in pairs)
