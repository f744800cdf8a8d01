"""What the routes stand on."""

from codex_proxy.server.admin.vendor_keys.desk import KEY_PATH, KEYS_PATH
from tests.server.admin.accounts.plane import WORKER
from tests.server.admin.vendor_keys.plane import Plane

PATHS = ("", "/catalog", "/models", "/export", "/import", "/batch-delete", "/k1", "/k1/models", "/k1/label")


async def test_every_route_wants_the_admin_key() -> None:
    assert KEY_PATH.startswith(KEYS_PATH)
    async with Plane().serving() as http:
        for path in PATHS:
            replies = [
                await http.request(method, KEYS_PATH + path, headers=WORKER | {"content-type": "application/json"})
                for method in ("GET", "POST", "DELETE", "PATCH")
            ]
            assert {reply.status_code for reply in replies} <= {403, 405}
            assert any(reply.status_code == 403 for reply in replies)


async def test_routes_are_in_the_interface_document() -> None:
    async with Plane().serving() as http:
        document = (await http.get("/openapi/openapi.json")).json()
    paths = {path for path in document["paths"] if path.startswith(KEYS_PATH)}
    assert len(paths) == 10
    for path in paths:
        for operation in document["paths"][path].values():
            assert operation["summary"]
            assert operation["description"]
