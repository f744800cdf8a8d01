"""Which rows somebody wants."""

from pathlib import Path

import pytest

from codex_proxy.operations.request_log.store import Wanted
from codex_proxy.server.admin.logs.filters import place_of, wanted_of, what_of, when_of, whose_of
from tests.operations.request_log.samples import answered, failed, told
from tests.server.admin.logs.plane import Plane


def test_parameters_become_what_is_wanted() -> None:
    wanted = wanted_of(
        place_of(cursor=7),
        what_of(search="x", status="4xx", errors_only=True, min_latency_ms=5.0),
        whose_of(model="m", account="a", key="k", provider="p", dialect="d", failure="f"),
        when_of("1970-01-01T00:00:01Z", "1970-01-01T00:00:02+00:00", "egress"),
    )
    assert wanted == Wanted(
        search="x",
        status_from=400,
        status_below=500,
        model="m",
        account="a",
        key="k",
        provider="p",
        dialect="d",
        failure="f",
        min_duration_ms=5.0,
        errors_only=True,
        asked_upstream=True,
        since=1.0,
        until=2.0,
        before=7,
    )
    assert wanted_of(place_of(), what_of(), whose_of(), when_of()) == Wanted()
    assert what_of(status="404").statuses == (404, 405)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "offset=-1",
        "cursor=-1",
        "direction=sideways",
        "status=9xx",
        "status=40",
        "errors_only=maybe",
        "min_latency_ms=-1",
        "from=yesterday",
        "to=1",
        f"search={'x' * 257}",
    ],
)
async def test_what_makes_no_sense_is_refused(tmp_path: Path, query: str) -> None:
    assert (await Plane(tmp_path).http.get(f"/admin/logs?{query}")).status_code == 400


async def test_filters_work_over_http(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    plane.log.write([told("req_1"), answered("req_1"), failed("req_2"), answered("req_2", status=502)])
    for query in ("errors_only=true", "status=5xx", "status=502", "search=broke", "failure=upstream_error"):
        page = (await plane.http.get(f"/admin/logs?{query}&from=1970-01-01T00:00:00Z")).json()
        assert [line["id"] for line in page["records"]] == ["req_2"]
