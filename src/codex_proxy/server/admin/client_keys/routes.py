"""The routes of client keys: listing, making, changing, revoking.

Rules of this file: a secret is shown by the answer that made it, which is stored nowhere on its way.
Source: spec, accounts, 7.3, 7.5.
"""

from dataclasses import dataclass
from typing import Final

from litestar import delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from codex_proxy.operations.granted.changes import GrantedKeyChanges
from codex_proxy.operations.granted.views import GrantedViews
from codex_proxy.server.admin.client_keys.shapes import (
    ChangedClientKey,
    ClientKeyDone,
    ClientKeyId,
    ClientKeyList,
    NewClientKey,
    NewSecret,
    key_list,
    terms_of,
    with_secret,
)
from codex_proxy.server.admin.wire.bodies import ControlRequest, Done, unknown_members

KEYS_PATH: Final = "/admin/client-keys"
KEY_PATH: Final = f"{KEYS_PATH}/{{key_id:str}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientKeyDesk:
    """The use cases."""

    changes: GrantedKeyChanges
    views: GrantedViews


def client_key_routes(desk: ClientKeyDesk) -> list[HTTPRouteHandler]:
    """The routes."""
    return [*_making(desk), *_changing(desk), *_ending(desk)]


def _making(desk: ClientKeyDesk) -> list[HTTPRouteHandler]:
    @get(KEYS_PATH, summary="Client keys")
    async def client_keys() -> ClientKeyList:
        """Every key, masked, with its terms, what it used and what is left."""
        return key_list(await desk.views.all())

    @post(KEYS_PATH, status_code=HTTP_200_OK, summary="Make a client key")
    async def make_client_key(request: ControlRequest, data: JSONBody[NewClientKey]) -> ClientKeyDone:
        """`key.key` of the answer is the whole secret; nobody can show it again."""
        made = await desk.changes.make(terms_of(data), secret=data.key)
        warnings = await unknown_members(request, NewClientKey)
        return with_secret(await desk.views.one(made.key), made.secret, warnings=warnings)

    @post(f"{KEY_PATH}/rotate", status_code=HTTP_200_OK, summary="Give a client key a new secret")
    async def rotate_client_key(key_id: ClientKeyId, data: JSONBody[NewSecret | None] = None) -> ClientKeyDone:
        """The old secret opens nothing from now on; terms and usage stay.  The new one is shown only now."""
        made = await desk.changes.rotate(key_id, secret=None if data is None else data.key)
        return with_secret(await desk.views.one(made.key), made.secret)

    return [client_keys, make_client_key, rotate_client_key]


def _changing(desk: ClientKeyDesk) -> list[HTTPRouteHandler]:
    @put(KEY_PATH, summary="Change a client key")
    async def change_client_key(
        request: ControlRequest, key_id: ClientKeyId, data: JSONBody[ChangedClientKey]
    ) -> ClientKeyDone:
        """What the body leaves out stays as it is; null takes a limit away."""
        key = await desk.changes.change(key_id, terms_of(data))
        return ClientKeyDone(key=await desk.views.one(key), warnings=await unknown_members(request, ChangedClientKey))

    @post(f"{KEY_PATH}/toggle", status_code=HTTP_200_OK, summary="Switch a client key off, or on again")
    async def toggle_client_key(key_id: ClientKeyId) -> ClientKeyDone:
        """A key that is off opens nothing; answers under way go on."""
        return ClientKeyDone(key=await desk.views.one(await desk.changes.toggle(key_id)))

    return [change_client_key, toggle_client_key]


def _ending(desk: ClientKeyDesk) -> list[HTTPRouteHandler]:
    @post(f"{KEY_PATH}/reset-usage", status_code=HTTP_200_OK, summary="Count a client key's usage anew")
    async def reset_client_key(key_id: ClientKeyId) -> ClientKeyDone:
        """What it used is forgotten in every period; what answers under way hold back stays held back."""
        return ClientKeyDone(key=await desk.views.one(await desk.changes.reset_used(key_id)))

    @delete(KEY_PATH, status_code=HTTP_200_OK, summary="Revoke a client key")
    async def revoke_client_key(key_id: ClientKeyId) -> Done:
        """For good, with what it used."""
        await desk.changes.remove(key_id)
        return Done()

    return [reset_client_key, revoke_client_key]
