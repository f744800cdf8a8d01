"""What a file says, as values."""

import msgspec
import pytest

from codex_proxy.accounts.formats.rows import OfferedProxy, RowState
from tests.accounts.formats.samples import DAY, NOW, REFRESH, account, read, token


@pytest.mark.parametrize(
    ("tokens", "good"),
    [
        ({"token": token()}, True),
        ({"token": token(issued_at=NOW - 20 * DAY), "refreshToken": REFRESH}, False),
        ({"refreshToken": REFRESH}, False),
    ],
)
def test_a_row_is_good_while_its_access_token_is(tokens: dict[str, str], *, good: bool) -> None:
    [row] = read(msgspec.json.encode(tokens)).rows
    assert account(row).is_good(NOW) is good


def test_nothing_secret_shows_in_a_text() -> None:
    [row] = read(msgspec.json.encode({"token": token(), "refreshToken": REFRESH})).rows
    proxy = OfferedProxy(key="k", name="n", protocol="http", host="h", port="1", username="u", password="hunter2")
    state = RowState(client_key="codex-proxy-0123456789abcdef")
    assert repr(row) == "AccountRow(index=1)"
    assert (repr(proxy), repr(state)) == ("OfferedProxy(...)", "RowState(enabled=True)")
