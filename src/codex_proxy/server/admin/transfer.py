"""Import and export of accounts: ``/auth/accounts/import`` and ``/auth/accounts/export``.

Rules of this file: an export holds credentials, so that it wants the admin key itself, in a bearer header that no link
and no other site can send, and is stored nowhere on its way; so does an import in a form that a page could send
without asking.  An import is synchronous unless a job is preferred.  Source: spec, accounts, 4; decisions 9, 10, 29.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED, HTTP_503_SERVICE_UNAVAILABLE

from codex_proxy.accounts.formats.reading import MOST_BYTES
from codex_proxy.accounts.formats.rows import AccountFile
from codex_proxy.accounts.formats.shapes import ImportUnreadable
from codex_proxy.accounts.formats.writing import ExportFormat
from codex_proxy.operations.jobs_book import JobBook
from codex_proxy.operations.transfer.bodies import BodyForm
from codex_proxy.operations.transfer.exporting import AccountExport, UnknownAccounts
from codex_proxy.operations.transfer.importing import AccountImport
from codex_proxy.operations.transfer.previewing import Action, PreviewedRow
from codex_proxy.operations.transfer.tally import Imported
from codex_proxy.server.admin.document.declaring import ALSO
from codex_proxy.server.admin.files import bearer_guard, read_file, require_bearer
from codex_proxy.server.admin.guard import MEDIA_TYPES
from codex_proxy.server.admin.jobs import JOBS_PATH
from codex_proxy.server.admin.wire.bodies import prefers_job
from codex_proxy.server.admin.wire.errors import AnyRequest, ControlError
from codex_proxy.server.security import Authenticator

IMPORT_PATH: Final = "/auth/accounts/import"
EXPORT_PATH: Final = "/auth/accounts/export"
JOB_KIND: Final = "accounts-import"
ROWS_AT_ONCE: Final = 20  # so few are imported at once also where a job was preferred

FORMS: Final[Mapping[str, BodyForm]] = {
    "application/json": BodyForm.JSON,
    "application/jsonl": BodyForm.LINES,
    "application/x-ndjson": BodyForm.LINES,
    "text/plain": BodyForm.LINES,
    "application/yaml": BodyForm.YAML,
    "application/x-yaml": BodyForm.YAML,
    "text/yaml": BodyForm.YAML,
}
"""What a body may call itself."""


class ImportPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What an import would do: every row, and how many rows of each action."""

    rows: tuple[PreviewedRow, ...]
    counts: dict[str, int]


class ImportBegun(msgspec.Struct, frozen=True, kw_only=True):
    """The import runs as this job; see ``/admin/jobs``."""

    job_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDesk:
    """What the routes stand on."""

    imports: AccountImport
    exports: AccountExport
    jobs: JobBook
    authenticator: Authenticator


def transfer_routes(desk: TransferDesk) -> list[HTTPRouteHandler]:
    """The routes over one desk."""

    @post(
        IMPORT_PATH,
        status_code=HTTP_200_OK,
        opt={MEDIA_TYPES: tuple(FORMS), ALSO: {202: ImportBegun, 503: Imported}},
        summary="Import accounts",
    )
    async def import_accounts(
        request: AnyRequest, *, preview: FromQuery[bool] = False, include_state: FromQuery[bool] = False
    ) -> Response[Imported | ImportPreview | ImportBegun]:
        """Take accounts in from JSON, JSON lines, YAML or lines of tokens, at most 5,000 rows and 20 MB.

        ``preview`` tells what would become of each row and changes nothing; ``include_state`` brings back what a full
        export tells beside credentials and labels.  ``Prefer: respond-async`` makes a job of more than 20 rows.
        """
        file = await _read(request, desk, include_state=include_state)
        if preview:
            return Response(await _preview(file, desk))
        if len(file.rows) > ROWS_AT_ONCE and prefers_job(request):
            return _begun(file, desk)
        imported = await desk.imports.run(file)
        return Response(imported, status_code=HTTP_200_OK if imported.success else HTTP_503_SERVICE_UNAVAILABLE)

    @get(EXPORT_PATH, guards=[bearer_guard(desk.authenticator)], also={200: object}, summary="Export accounts")
    async def export_accounts(
        form: Annotated[str, QueryParameter(name="format")] = ExportFormat.FULL, ids: FromQuery[str] = ""
    ) -> Response[bytes]:
        """All accounts, or those with these ``ids`` (separated by commas), with every credential the ``format`` has."""
        return await _exported(form, ids, desk)

    return [import_accounts, export_accounts]


async def _read(request: AnyRequest, desk: TransferDesk, *, include_state: bool) -> AccountFile:
    form = FORMS.get(request.headers.get("content-type", "").partition(";")[0].strip().lower(), BodyForm.JSON)
    if form is not BodyForm.JSON:
        require_bearer(request, desk.authenticator)
    body = await read_file(request, limit_bytes=MOST_BYTES)
    try:
        return await desk.imports.read(body, form, include_state=include_state)
    except ImportUnreadable as error:
        status, code = (413, "too_large") if error.too_large else (400, "unreadable_import")
        raise ControlError(status, code, f"the import cannot be read: {error}") from error


async def _preview(file: AccountFile, desk: TransferDesk) -> ImportPreview:
    rows = await desk.imports.preview(file)
    counts = Counter(row.action for row in rows)
    return ImportPreview(rows=rows, counts={action.value: counts[action] for action in Action})


def _begun(file: AccountFile, desk: TransferDesk) -> Response[Any]:
    job = desk.jobs.start(JOB_KIND, desk.imports.work(file), total=len(file.rows))
    headers = {"location": f"{JOBS_PATH}/{job.id}", "preference-applied": "respond-async"}
    return Response(ImportBegun(job_id=job.id), status_code=HTTP_202_ACCEPTED, headers=headers)


async def _exported(told: str, ids: str, desk: TransferDesk) -> Response[bytes]:
    if told not in set(ExportFormat):
        raise ControlError(400, "unknown_format", f"format: it has to be one of {', '.join(ExportFormat)}")
    row_ids = [row_id for each in ids.split(",") if (row_id := each.strip())]
    try:
        file = await desk.exports.run(ExportFormat(told), row_ids=row_ids or None)
    except UnknownAccounts as error:
        raise ControlError(400, "unknown_account", str(error)) from error
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{file.name}"',
        "x-content-type-options": "nosniff",
    }
    return Response(file.content, media_type="application/json", headers=headers)
