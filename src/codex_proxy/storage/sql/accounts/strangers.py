"""Which of several credentials concern no account that is there and none of each other.

Rules of this file: pure; in doubt a credential is no stranger, and goes the way on which it is compared.
"""

from collections import Counter
from collections.abc import Sequence

from codex_proxy.accounts.store import NewAccount
from codex_proxy.storage.succession import identity_digest, token_digest


def digests_of(new: NewAccount) -> frozenset[str]:
    """What an account may be known by: its row id, its identity and its tokens."""
    told = (
        new.row_id,
        identity_digest(new.identity),
        token_digest(new.secrets.access_token),
        token_digest(new.secrets.refresh_token),
    )
    return frozenset(digest for digest in told if digest is not None)


def strangers_among(new: Sequence[NewAccount], *, taken: frozenset[str]) -> frozenset[int]:
    """The places of credentials that share nothing with another one, or with what is ``taken`` here."""
    digests = [digests_of(each) for each in new]
    counts = Counter(digest for each in digests for digest in each)
    return frozenset(
        place for place, each in enumerate(digests) if not each & taken and all(counts[digest] == 1 for digest in each)
    )
