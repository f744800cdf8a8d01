"""The values that pass between accounts and whoever keeps them."""

import msgspec

from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import Edit, NewAccount


def test_an_edit_tells_a_column_emptied_from_a_column_left_alone() -> None:
    told = Edit(label=None)
    assert (told.label, told.enabled) == (None, msgspec.UNSET)


def test_a_new_account_does_not_show_its_tokens() -> None:
    new = NewAccount(
        row_id="1", identity=Identity(issuer="https://issuer.invalid"), secrets=Secrets(refresh_token="x1y2")
    )
    assert "x1y2" not in repr(new)
