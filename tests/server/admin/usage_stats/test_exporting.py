"""Usage as a file, through the interface."""

import msgspec

from codex_proxy.server.admin.usage_stats.exporting import EXPORT_PATH
from codex_proxy.server.admin.usage_stats.routes import HISTORY_PATH
from tests.server.admin.accounts.plane import outcome
from tests.server.admin.usage_stats.scene import UsagePlane
from tests.stores.memory_usage import MemoryUsageStore
from tests.usage.samples import HOUR_AT, event


async def plane(count: int) -> UsagePlane:
    store = MemoryUsageStore()
    await store.keep([event(f"{number}", HOUR_AT + number, model="=m") for number in range(count)])
    return UsagePlane(store)


async def test_usage_as_a_file() -> None:
    here = await plane(250)
    async with here.serving() as http:
        raw = await http.get(EXPORT_PATH)
        grouped = await http.get(EXPORT_PATH, params={"granularity": "daily", "group_by": "model"})
        nothing = await http.get(EXPORT_PATH, params={"account": "nobody"})
    assert raw.headers["content-type"] == "text/csv; charset=utf-8"
    assert raw.headers["content-disposition"] == 'attachment; filename="usage.csv"'
    assert raw.headers["cache-control"] == "no-store"
    assert len(raw.text.splitlines()) == 251
    assert grouped.text.splitlines()[1].split(",")[1:3] == ["'=m", "250"]
    assert len(nothing.text.splitlines()) == 1
    assert not here.defects


async def test_usage_as_json() -> None:
    here = await plane(250)
    async with here.serving() as http:
        raw = await http.get(EXPORT_PATH, params={"format": "json"})
        days = await http.get(EXPORT_PATH, params={"format": "json", "granularity": "daily", "group_by": "model"})
        nothing = await http.get(EXPORT_PATH, params={"format": "json", "account": "nobody"})
        history = await http.get(HISTORY_PATH, params={"hours": "all", "granularity": "daily", "group_by": "model"})
        refused = await http.get(EXPORT_PATH, params={"format": "json", "group_by": "model"})
    assert raw.headers["content-type"] == "application/json"
    assert raw.headers["content-disposition"] == 'attachment; filename="usage.json"'
    exchanges = [point["exchange"]["request_id"] for point in msgspec.json.decode(raw.content)]
    assert exchanges == [f"{number}" for number in reversed(range(250))]
    assert days.json() == history.json()["data_points"]
    assert days.json()[0]["group"] == "=m"
    assert nothing.json() == []
    assert outcome(refused) == (400, "invalid_period")
    assert not here.defects
