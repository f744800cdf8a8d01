"""The tables of ways out."""

from sqlalchemy import delete

from codex_proxy.storage.sql.tables.accounts import ACCOUNTS
from codex_proxy.storage.sql.tables.egress import COOKIES, EGRESS_ASSIGNMENTS, EGRESS_PROXIES
from tests.storage.sql.tables.scene import count, empty, put, put_account


def test_cookies_and_the_way_go_with_the_account_and_the_proxy_stays() -> None:
    connection = empty()
    put_account(connection, "a")
    place = {"egress_id": "p", "domain": "d.invalid", "path": "/", "name": "n"}
    put(connection, COOKIES, row_id="a", **place, value=b"v", captured_at=0.0)
    put(connection, COOKIES, row_id="a", **place | {"path": "/x"}, value=b"v", captured_at=0.0)
    put(connection, EGRESS_ASSIGNMENTS, row_id="a", target="p")
    put(connection, EGRESS_PROXIES, proxy_id="p", name="p", url=b"u", enabled=True, added_at=0.0)
    connection.execute(delete(ACCOUNTS))
    assert [count(connection, table) for table in (COOKIES, EGRESS_ASSIGNMENTS, EGRESS_PROXIES)] == [0, 0, 1]
