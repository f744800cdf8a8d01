"""The cookies of an account: ``/auth/accounts/{id}/cookies``.

Rules of this file: values come in and never go out.  Source: spec, accounts, 8.5.
"""

from typing import Final

import msgspec
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from codex_proxy.operations.account_cookies import EXAMPLE, AccountCookies
from codex_proxy.server.admin.wire.bodies import ControlRequest, Done, RowId, unknown_members

COOKIES_PATH: Final = "/auth/accounts/{row_id:str}/cookies"
MASK: Final = "***"
HINT: Final = f"none are kept; they come with answers, or set them as {EXAMPLE}"


class CookieList(msgspec.Struct, frozen=True, kw_only=True):
    """The cookies by name, with stars for their values; null where there are none."""

    cookies: dict[str, str] | None
    hint: str | msgspec.UnsetType = msgspec.UNSET


class SetCookies(msgspec.Struct, frozen=True, kw_only=True):
    """Cookies as a header tells them, or by name."""

    cookies: str | dict[str, str]

    def __repr__(self) -> str:
        return "SetCookies(...)"


class CookiesSet(Done, frozen=True, kw_only=True):
    """All cookies there are now, with stars for their values."""

    cookies: dict[str, str]


def cookie_routes(cookies: AccountCookies) -> list[HTTPRouteHandler]:
    """The routes."""

    @get(COOKIES_PATH, sync_to_thread=False, summary="Cookies of an account")
    def shown_cookies(row_id: RowId) -> CookieList:
        """Those for where the account comes out now."""
        names = cookies.names(row_id)
        return CookieList(cookies=dict.fromkeys(names, MASK)) if names else CookieList(cookies=None, hint=HINT)

    @post(COOKIES_PATH, status_code=HTTP_200_OK, summary="Set cookies of an account")
    async def set_cookies(request: ControlRequest, row_id: RowId, data: JSONBody[SetCookies]) -> CookiesSet:
        """Beside those there are; they hold while the account comes out where it does now."""
        names = cookies.set(row_id, data.cookies)
        return CookiesSet(cookies=dict.fromkeys(names, MASK), warnings=await unknown_members(request, SetCookies))

    @delete(COOKIES_PATH, status_code=HTTP_200_OK, summary="Forget cookies of an account")
    async def forget_cookies(row_id: RowId) -> Done:
        """All of them, wherever the account came out."""
        await cookies.clear(row_id)
        return Done()

    return [shown_cookies, set_cookies, forget_cookies]
