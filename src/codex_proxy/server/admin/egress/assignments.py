"""Who leaves through which proxy: ``/api/proxies/assign…`` and ``/api/proxies/assignments…``.

Rules of this file: a list holds as a whole or not at all; a file is looked at first and applied by another call.
Source: spec, accounts, 8.4.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK

from codex_proxy.accounts.record import AccountRecord
from codex_proxy.operations.egress.assigning import Assignments, ListedAssignment, Preview
from codex_proxy.server.admin.egress.proxies import PROXIES_PATH, ProxyDesk
from codex_proxy.server.admin.egress.shapes import (
    Assign,
    AssignedAccount,
    AssignedInTurn,
    AssignInTurn,
    AssignMany,
    AssignmentFile,
    AssignmentList,
    AssignmentRow,
    AssignmentsGiven,
    AssignmentView,
    ChangeView,
    ManyAssigned,
    OneAssigned,
    PreviewedAssignments,
)
from codex_proxy.server.admin.wire.bodies import ControlRequest, Done, unknown_members

ASSIGNMENTS_PATH: Final = f"{PROXIES_PATH}/assignments"

AccountId = Annotated[str, PathParameter(pattern=r"^[\w.-]{1,64}$", description="An account's row id.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentDesk:
    """What the routes stand on; ``status_of`` is an account's status in one word, by row id."""

    proxies: ProxyDesk
    assignments: Assignments
    accounts: Callable[[], Sequence[AccountRecord]]
    status_of: Callable[[str], str]


def assignment_routes(desk: AssignmentDesk) -> list[HTTPRouteHandler]:
    """The routes over one desk."""
    return [*_looking(desk), *_assigning(desk), *_many(desk), *_files(desk)]


def _looking(desk: AssignmentDesk) -> list[HTTPRouteHandler]:
    @get(ASSIGNMENTS_PATH, sync_to_thread=False, summary="Accounts and their ways out")
    def assignments() -> AssignmentList:
        """Every account with its way out, and the pool."""
        accounts = tuple(_assigned(record, desk) for record in desk.accounts())
        return AssignmentList(accounts=accounts, proxies=desk.proxies.views())

    return [assignments]


def _assigning(desk: AssignmentDesk) -> list[HTTPRouteHandler]:
    @post(f"{PROXIES_PATH}/assign", status_code=HTTP_200_OK, summary="Assign a way out")
    async def assign(request: ControlRequest, data: JSONBody[Assign]) -> OneAssigned:
        """A proxy's id, ``global``, ``direct`` or ``auto``, which keeps an account at one proxy while that works."""
        await desk.assignments.assign({data.account_id: data.proxy_id})
        assigned = desk.assignments.of(data.account_id)
        return OneAssigned(
            assignment=AssignmentView(account_id=data.account_id, proxy_id=assigned.proxy_id),
            display_name=assigned.proxy_name,
            warnings=await unknown_members(request, Assign),
        )

    @delete(f"{PROXIES_PATH}/assign/{{account_id:str}}", status_code=HTTP_200_OK, summary="Leave the global way")
    async def unassign(account_id: AccountId) -> Done:
        """The account has no way of its own any more."""
        await desk.assignments.unassign(account_id)
        return Done()

    return [assign, unassign]


def _many(desk: AssignmentDesk) -> list[HTTPRouteHandler]:
    async def given(request: ControlRequest, data: AssignMany) -> ManyAssigned:
        applied = await desk.assignments.assign({each.account_id: each.proxy_id for each in data.assignments})
        return ManyAssigned(applied=applied, warnings=await unknown_members(request, AssignMany))

    @post(f"{PROXIES_PATH}/assign-bulk", status_code=HTTP_200_OK, summary="Assign many ways out")
    async def assign_bulk(request: ControlRequest, data: JSONBody[AssignMany]) -> ManyAssigned:
        """All of them or none; of two for one account the last one holds."""
        return await given(request, data)

    @post(f"{ASSIGNMENTS_PATH}/apply", status_code=HTTP_200_OK, summary="Apply a file of assignments")
    async def apply_assignments(request: ControlRequest, data: JSONBody[AssignMany]) -> ManyAssigned:
        """What the preview of a file told, with each ``to`` as the proxy's id."""
        return await given(request, data)

    @post(f"{PROXIES_PATH}/assign-rule", status_code=HTTP_200_OK, summary="Assign ways out in turn")
    async def assign_rule(request: ControlRequest, data: JSONBody[AssignInTurn]) -> AssignedInTurn:
        """The accounts take the proxies in turn."""
        turns = await desk.assignments.assign_in_turn(data.account_ids, data.target_proxy_ids)
        return AssignedInTurn(
            applied=len(turns),
            assignments=tuple(AssignmentView(account_id=row_id, proxy_id=target) for row_id, target in turns.items()),
            warnings=await unknown_members(request, AssignInTurn),
        )

    return [assign_bulk, apply_assignments, assign_rule]


def _files(desk: AssignmentDesk) -> list[HTTPRouteHandler]:
    @get(f"{ASSIGNMENTS_PATH}/export", sync_to_thread=False, summary="Export assignments")
    def export_assignments() -> AssignmentFile:
        """Every account that has a way of its own, by e-mail address and id; no addresses of proxies."""
        return AssignmentFile(assignments=tuple(_row(listed) for listed in desk.assignments.export()))

    @post(f"{ASSIGNMENTS_PATH}/import", status_code=HTTP_200_OK, sync_to_thread=False, summary="Look at assignments")
    def preview_assignments(data: JSONBody[AssignmentsGiven]) -> PreviewedAssignments:
        """What a file would change; nothing is changed."""
        return _previewed(desk.assignments.preview([_listed(row) for row in data.assignments]))

    return [export_assignments, preview_assignments]


def _assigned(record: AccountRecord, desk: AssignmentDesk) -> AssignedAccount:
    assigned = desk.assignments.of(record.row_id)
    return AssignedAccount(
        id=record.row_id,
        email=record.email,
        status=desk.status_of(record.row_id),
        proxy_id=assigned.proxy_id,
        proxy_name=assigned.proxy_name,
    )


def _row(listed: ListedAssignment) -> AssignmentRow:
    return msgspec.convert(listed, AssignmentRow, from_attributes=True)


def _listed(row: Any) -> ListedAssignment | None:
    """A row as the operations take it; None where it is none."""
    try:
        told = msgspec.convert(row, AssignmentRow)
    except msgspec.ValidationError:
        return None
    return msgspec.convert(told, ListedAssignment, from_attributes=True)


def _previewed(preview: Preview) -> PreviewedAssignments:
    changes = tuple(
        ChangeView(email=each.email, account_id=each.row_id, before=each.before, after=each.after)
        for each in preview.changes
    )
    return PreviewedAssignments(changes=changes, unchanged=preview.unchanged_count, errors=preview.errors)
