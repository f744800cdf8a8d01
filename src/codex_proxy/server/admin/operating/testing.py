"""Whether an upstream can be reached: ``POST /admin/test-connection``.

Rules of this file: the answer is 200 however the test ended; ``overall`` says how.  Source: spec, accounts, 9.3.
"""

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from codex_proxy.operations.health.connection import Check, ConnectionTests
from codex_proxy.operations.transfer.times import iso
from codex_proxy.operations.vendor_keys.book import KeyBook
from codex_proxy.server.admin.wire.bodies import RowIdText

EntryIdText = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class WantedTest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whose connection: an account's, or a vendor key's; without either that of whoever could serve."""

    account_id: RowIdText | None = None
    vendor_key_id: EntryIdText | None = None


class ConnectionTested(msgspec.Struct, frozen=True, kw_only=True):
    """Each step in order, and whether all that were tried came through; ``timestamp`` is ISO 8601."""

    checks: tuple[Check, ...]
    overall: Literal["pass", "fail"]
    timestamp: str


def testing_route(tests: ConnectionTests, keys: KeyBook, *, now: Callable[[], float]) -> HTTPRouteHandler:
    """The route; ``now`` gives epoch seconds."""

    @post("/admin/test-connection", status_code=HTTP_200_OK, summary="Test a connection")
    async def test_connection(data: JSONBody[WantedTest | None] = None) -> ConnectionTested:
        """Name, way out, connection and credential, one after another, as the account's own calls would go."""
        wanted = data or WantedTest()
        key = None if wanted.vendor_key_id is None else keys.find(wanted.vendor_key_id)
        tested = await tests.run(row_id=wanted.account_id, vendor_key=key)
        return ConnectionTested(checks=tested.checks, overall="pass" if tested.passed else "fail", timestamp=iso(now()))

    return test_connection
