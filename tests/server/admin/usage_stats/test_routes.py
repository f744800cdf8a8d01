"""Usage statistics through the interface."""

from collections.abc import Sequence
from typing import Any

import pytest

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.server.admin.usage_stats.exporting import EXPORT_PATH
from codex_proxy.server.admin.usage_stats.routes import HISTORY_PATH, SUMMARY_PATH, USAGE_PATH
from codex_proxy.usage.records import Outcome, UsageEvent
from codex_proxy.usage.store import Dimension, Line, Selection, Window
from tests.server.admin.accounts.plane import WORKER, outcome
from tests.server.admin.usage_stats.scene import UsagePlane
from tests.stores.memory_usage import MemoryUsageStore
from tests.usage.samples import HOUR_AT, dollars, event

PATHS = (SUMMARY_PATH, HISTORY_PATH, EXPORT_PATH)


async def plane(*events: UsageEvent) -> UsagePlane:
    store = MemoryUsageStore()
    await store.keep(events)
    return UsagePlane(store)


ONE = event("a", HOUR_AT, input_tokens=5, image_count=1, image_output_tokens=9, cost=dollars("0.5"), model="m1")
TWO = event("b", HOUR_AT + 3600, client_key_id="", outcome=Outcome.FAILED, failure="timeout", model="=m2")


async def test_the_sum_of_everything_and_of_a_selection() -> None:
    here = await plane(ONE, TWO)
    async with here.serving() as http:
        told = (await http.get(SUMMARY_PATH)).json()
        keyless = (await http.get(SUMMARY_PATH, params={"key": ""})).json()
        failed = (await http.get(SUMMARY_PATH, params={"status": "failed", "group_by": "failure"})).json()
        none = (await http.get(SUMMARY_PATH, params={"model": "m1", "vendor": "shop"})).json()
        late = (await http.get(SUMMARY_PATH, params={"from": "2026-09-21T10:30:00+01:00"})).json()
    assert (told["total_request_count"], told["total_failed_count"], told["total_unpriced_count"]) == (2, 1, 1)
    assert (told["total_image_request_count"], told["total_image_output_tokens"]) == (1, 9)
    assert (told["total_estimated_cost_usd"], told["total_accounts"], told["active_accounts"]) == (0.5, 3, 2)
    assert (told["priced_as_of"], told["from"][11:16], told["to"][11:16]) == ("2026-11-26", "00:00", "12:00")
    assert told["recording"]["reason"] == "no room"
    assert told["recording"]["lost_count"] == 2
    assert "groups" not in told
    assert keyless["total_request_count"] == 1
    assert [(each["group"], each["request_count"]) for each in failed["groups"]] == [("timeout", 1)]
    assert none["total_request_count"] == 0
    assert late["from"].endswith("T09:00:00.000Z")
    assert not here.defects


@pytest.mark.parametrize(("word", "other"), [("client_key", "key"), ("provider", "vendor")])
async def test_client_key_and_provider_are_other_words(word: str, other: str) -> None:
    here = await plane(ONE, TWO)
    async with here.serving() as http:
        for path in (HISTORY_PATH, SUMMARY_PATH):
            told = await http.get(path, params={"hours": "12", "group_by": word})
            assert told.status_code == 200
            assert told.json() == (await http.get(path, params={"hours": "12", "group_by": other})).json()


async def test_usage_over_time() -> None:
    here = await plane(ONE, TWO)
    async with here.serving() as http:
        told = (await http.get(HISTORY_PATH, params={"hours": "12"})).json()
        last_day = (await http.get(HISTORY_PATH)).json()
        days = (await http.get(HISTORY_PATH, params={"hours": "all", "granularity": "daily"})).json()
        raw = (await http.get(HISTORY_PATH, params={"hours": "12", "granularity": "raw", "limit": "1"})).json()
        berlin = (await http.get(HISTORY_PATH, params={"granularity": "daily", "tz": "Europe/Berlin"})).json()
    assert (told["granularity"], told["hours"], told["tz"]) == ("hourly", 12.0, "UTC")
    assert [point["request_count"] for point in told["data_points"]] == [1, 1, *[0] * 10]
    nine = {
        "input_tokens",
        "output_tokens",
        "cached_tokens",
        "image_input_tokens",
        "image_output_tokens",
        "image_request_count",
        "image_request_failed_count",
        "estimated_cost_usd",
        "request_count",
    }
    assert nine | {"timestamp"} <= told["data_points"][0].keys()
    assert (last_day["hours"], len(last_day["data_points"])) == (None, 24)
    assert (days["hours"], [point["request_count"] for point in days["data_points"]]) == ("all", [2])
    assert [point["exchange"]["request_id"] for point in raw["data_points"]] == ["b"]
    assert berlin["data_points"][-1]["timestamp"].endswith("T22:00:00.000Z")
    assert not here.defects


async def test_usage_of_a_period_is_forgotten() -> None:
    here = await plane(ONE, TWO)
    async with here.serving() as http:
        an_hour = {"from": "2026-09-21T00:00:00Z", "to": "2026-09-21T01:00:00Z"}
        assert outcome(await http.delete(USAGE_PATH, params=an_hour, headers=WORKER)) == (403, "missing_scope")
        told = await http.delete(USAGE_PATH, params={"from": "2026-09-21T00:00:00Z", "to": "2026-09-21T02:00:00+01:00"})
        left = (await http.get(SUMMARY_PATH)).json()
    assert told.json() == {
        "success": True,
        "request_count": 1,
        "from": "2026-09-21T00:00:00.000Z",
        "to": "2026-09-21T01:00:00.000Z",
    }
    assert (left["total_request_count"], left["total_failed_count"]) == (1, 1)
    assert not here.defects


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "invalid_request"),
        ({"from": "2026-09-21T00:00:00Z"}, "invalid_request"),
        ({"from": "2026-09-21T00:00:00Z", "to": "soon"}, "invalid_period"),
        ({"from": "2026-09-21T00:30:00Z", "to": "2026-09-21T02:00:00Z"}, "invalid_period"),
        ({"from": "2026-09-21T00:00:00Z", "to": "2026-09-21T02:00:00.5Z"}, "invalid_period"),
        ({"from": "2026-09-21T02:00:00Z", "to": "2026-09-21T02:00:00Z"}, "invalid_period"),
        ({"from": "1969-09-21T02:00:00Z", "to": "2026-09-21T02:00:00Z"}, "invalid_period"),
    ],
)
async def test_nothing_is_forgotten_of_a_period_that_is_none(params: dict[str, str], code: str) -> None:
    here = await plane(ONE, TWO)
    async with here.serving() as http:
        assert outcome(await http.delete(USAGE_PATH, params=params)) == (400, code)
        assert (await http.get(SUMMARY_PATH)).json()["total_request_count"] == 2
    assert not here.defects


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "params",
    [
        {"hours": "0"},
        {"hours": "-3"},
        {"hours": "soon"},
        {"from": "yesterday"},
        {"to": "1969-12-31T00:00:00Z"},
        {"from": "2026-11-26T00:00:00Z", "to": "2026-11-25T00:00:00Z"},
        {"hours": "1", "from": "2026-11-26T00:00:00Z"},
        {"from": "9" * 60},
        {"status": "fine"},
        {"group_by": "colour"},
        {"model": "m" * 300},
    ],
)
async def test_what_cannot_be_answered_is_refused(path: str, params: dict[str, str]) -> None:
    here = await plane()
    async with here.serving() as http:
        assert outcome(await http.get(path, params=params)) in {(400, "invalid_period"), (400, "invalid_request")}
    assert not here.defects


@pytest.mark.parametrize(
    "params",
    [
        {"granularity": "raw", "hours": "all"},
        {"granularity": "raw", "group_by": "model"},
        {"granularity": "weekly"},
        {"granularity": "daily", "tz": "Nowhere/Atall"},
        {"granularity": "raw", "limit": "0"},
        {"granularity": "raw", "limit": "20000"},
        {"granularity": "five_min", "from": "2000-01-01", "to": "2001-01-01", "limit": "x"},
    ],
)
async def test_histories_there_are_none_of(params: dict[str, str]) -> None:
    here = await plane()
    async with here.serving() as http:
        assert (await http.get(HISTORY_PATH, params=params)).status_code == 400
    assert not here.defects


@pytest.mark.parametrize("path", PATHS)
async def test_usage_is_the_owners(path: str) -> None:
    here = await plane(ONE)
    async with here.serving() as http:
        assert outcome(await http.get(path, headers=WORKER)) == (403, "missing_scope")
        assert outcome(await http.get(path, headers={"authorization": ""})) == (401, "unauthorized")
        assert (await http.post(path, json={})).status_code == 405


class Unreadable(MemoryUsageStore):
    async def totals(
        self, windows: Sequence[Window], selection: Selection, *, group_by: Dimension | None = None
    ) -> tuple[Line, ...]:
        raise StoreUnusable("it cannot be read")

    async def newest(self, *_: Any, **__: Any) -> tuple[UsageEvent, ...]:
        raise StoreUnusable("it cannot be read")

    async def series(
        self, window: Window, selection: Selection, *, group_by: Dimension | None = None
    ) -> tuple[Line, ...]:
        raise StoreUnusable("it cannot be read")


@pytest.mark.parametrize("path", PATHS)
async def test_a_store_that_cannot_be_read_is_told(path: str) -> None:
    async with UsagePlane(Unreadable()).serving() as http:
        assert outcome(await http.get(path)) == (503, "store_unusable")


async def test_everything_that_can_be_asked_is_documented() -> None:
    async with (await plane()).serving() as http:
        document = (await http.get("/openapi/openapi.json")).json()
    names = {path: {each["name"] for each in document["paths"][path]["get"]["parameters"]} for path in PATHS}
    told = {"key", "account", "vendor", "model", "dialect", "status", "hours", "from", "to", "group_by"}
    assert names[SUMMARY_PATH] == told
    assert names[HISTORY_PATH] == told | {"granularity", "tz", "limit"}
    assert names[EXPORT_PATH] == told | {"granularity", "tz", "format"}
