"""Models and where their names lead: ``POST /admin/refresh-models`` and ``GET /admin/route``.

Rules of this file: bodies in snake_case.  A plan whose list could not be fetched is told beside those that could be.
"""

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK

from codex_proxy.operations.catalogue.explaining import RouteExplaining, RouteView
from codex_proxy.operations.catalogue.lists import ModelLists, PlanFailure, Refreshed
from codex_proxy.operations.transfer.times import iso

ModelName = Annotated[str, QueryParameter(description="A model name as a client sends it; empty for the default.")]


class RefreshedModels(msgspec.Struct, frozen=True, kw_only=True):
    """What became of asking for the models of every plan.

    ``success`` (and ``ok``) where every plan answered and there was one; ``message`` says so in words; ``plans``
    counts models by plan, those kept from before too; ``added``, ``removed`` and ``changed`` are ids; ``fetched_at`` is
    when a list came last (ISO 8601).
    """

    success: bool
    ok: bool
    message: str
    plans: dict[str, int]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    failures: tuple[PlanFailure, ...]
    fetched_at: str | None


def catalogue_routes(lists: ModelLists, explaining: RouteExplaining) -> list[HTTPRouteHandler]:
    """The routes."""

    @post("/admin/refresh-models", status_code=HTTP_200_OK, summary="Fetch the models of every plan")
    async def refresh_models() -> RefreshedModels:
        """Asks one account of each plan now; a plan that gets no answer keeps the list it had."""
        refreshed = await lists.refresh()
        succeeded = bool(refreshed.plans) and not refreshed.failures
        return RefreshedModels(
            success=succeeded,
            ok=succeeded,
            message=_in_words(refreshed),
            plans=refreshed.plans,
            added=refreshed.change.added,
            removed=refreshed.change.removed,
            changed=refreshed.change.changed,
            failures=refreshed.failures,
            fetched_at=None if lists.fetched_at is None else iso(lists.fetched_at),
        )

    @get("/admin/route", sync_to_thread=False, summary="Explain where a model name leads")
    def route(model: ModelName = "") -> RouteView:
        """The questions asked of the name, where it ends, and which accounts or keys could serve it now."""
        return explaining.one(model)

    return [refresh_models, route]


def _in_words(refreshed: Refreshed) -> str:
    if refreshed.failures:
        plans = ", ".join(failure.plan or "unknown" for failure in refreshed.failures)
        return f"no list came for these plans, which keep the one they had: {plans}"
    if not refreshed.plans:
        return "there is no account to ask"
    return f"the models of {len(refreshed.plans)} plans are up to date"
