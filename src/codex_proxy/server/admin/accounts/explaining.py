"""Why a request went where it went: ``GET /admin/explain/{request_id}``."""

from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from codex_proxy.operations.accounts.explaining import Explaining, ExplanationView

RequestId = Annotated[str, PathParameter(pattern=r"^[\w.-]{1,128}$", description="Our id of the request.")]


def explaining_routes(explaining: Explaining) -> list[HTTPRouteHandler]:
    """The route."""

    @get("/admin/explain/{request_id:str}", sync_to_thread=False, summary="Explain a request's accounts")
    def explain(request_id: RequestId) -> ExplanationView:
        """Which accounts were chosen for it, in order, and why the others were passed over."""
        return explaining.one(request_id)

    return [explain]
