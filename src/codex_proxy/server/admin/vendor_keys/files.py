"""Import and export of vendor keys.

Rules of this file: an export holds keys, so that it wants the admin key itself in a bearer header and is stored nowhere
on its way; so does an import in a form that a page could send without asking.  Source: spec, accounts, 6.3; decisions,
9, 10.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.status_codes import HTTP_200_OK

from codex_proxy.accounts.formats.shapes import ImportUnreadable
from codex_proxy.operations.vendor_keys.transfer import MOST_BYTES, KeyFileForm, exported, read_key_file
from codex_proxy.server.admin.files import bearer_guard, read_file, require_bearer, secret_file
from codex_proxy.server.admin.guard import JSON, MEDIA_TYPES
from codex_proxy.server.admin.vendor_keys.desk import KEYS_PATH, VendorKeyDesk
from codex_proxy.server.admin.vendor_keys.shapes import KeyFile, KeysImported, key_row
from codex_proxy.server.admin.wire.errors import AnyRequest, ControlError

FILE_NAME: Final = "codex-proxy-vendor-keys.json"
FORMS: Final[Mapping[str, KeyFileForm]] = {
    JSON: KeyFileForm.JSON,
    "application/yaml": KeyFileForm.YAML,
    "application/x-yaml": KeyFileForm.YAML,
    "text/yaml": KeyFileForm.YAML,
}
"""What a body may call itself."""


def file_routes(desk: VendorKeyDesk) -> list[HTTPRouteHandler]:
    """The routes."""

    @get(
        f"{KEYS_PATH}/export",
        guards=[bearer_guard(desk.authenticator)],
        sync_to_thread=False,
        also={HTTP_200_OK: KeyFile},
        summary="Export vendor keys",
    )
    def export_vendor_keys() -> Response[bytes]:
        """One row for each entry, with the keys themselves; those of ``local.yaml`` are not among them."""
        content = msgspec.json.encode(KeyFile(keys=tuple(map(key_row, exported(desk.book.all_keys())))))
        return secret_file(content.decode(), name=FILE_NAME, media_type=JSON)

    @post(f"{KEYS_PATH}/import", status_code=HTTP_200_OK, opt={MEDIA_TYPES: tuple(FORMS)}, summary="Import vendor keys")
    async def import_vendor_keys(request: AnyRequest) -> KeysImported:
        """A list of keys, or ``{"keys": [...]}``, in JSON or YAML, at most 5,000 rows and 5 MB; a bad row is told."""
        form = FORMS.get(request.headers.get("content-type", "").partition(";")[0].strip().lower(), KeyFileForm.JSON)
        if form is not KeyFileForm.JSON:
            require_bearer(request, desk.authenticator)
        body = await read_file(request, limit_bytes=MOST_BYTES)
        try:
            rows = await asyncio.to_thread(read_key_file, body, form)
        except ImportUnreadable as error:
            status, code = (413, "too_large") if error.too_large else (400, "unreadable_import")
            raise ControlError(status, code, f"the import cannot be read: {error}") from error
        done = await desk.changes.add_all(rows)
        return KeysImported(added=done.added, updated=done.updated, failed=len(done.errors), errors=done.errors)

    return [export_vendor_keys, import_vendor_keys]
