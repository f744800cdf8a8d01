"""Keys as they are shown."""

from pathlib import Path

from codex_proxy.access.granted.key import Limits
from codex_proxy.access.granted.periods import Period
from codex_proxy.canonical.usage import Usage
from codex_proxy.operations.granted.views import ClientKeyView, KeyState, OwnView, state_of
from tests.access.granted.samples import KEY_ID, NOW, SECRET, granted, tokens, usd
from tests.operations.granted.stage import desk, record


async def test_a_key_is_told_what_it_may_use_has_used_and_has_left(tmp_path: Path) -> None:
    key = granted(
        limits=Limits(concurrency=4), models=("gpt-*",), budgets=(usd(2_000), tokens(5_000), tokens(900, Period.DAY))
    )
    async with desk(tmp_path, key) as made:
        (await made.admitted()).settle(record(Usage(input_tokens=100, output_tokens=400)))
        running = await made.admitted()
        told = await made.views.own(KEY_ID)
        assert told is not None
        held = told.budgets[2].reserved
        assert 100 < held < 120
        assert (told.max_budget_usd, told.used_cost_usd) == (0.002, 0.0005)
        assert told.remaining_budget_usd == (1_500 - held) / 1_000_000
        assert (told.max_tokens, told.used_tokens, told.remaining_tokens) == (5_000, 500, 4_500 - held)
        assert [(each.period, each.limit, each.used, each.remaining) for each in told.budgets][2] == (
            Period.DAY,
            900,
            500,
            400 - held,
        )
        assert told.budgets[2].renews_at is not None
        assert (told.request_count, told.max_concurrency, told.allowed_models) == (1, 4, ("gpt-*",))
        running.settle(record())
        assert await made.views.own("inference") is None


async def test_s_14_no_view_shows_a_secret(tmp_path: Path) -> None:
    async with desk(tmp_path, granted(), granted("ck_2", "another secret")) as made:
        shown = await made.views.all()
        assert [each.id for each in shown] == [KEY_ID, "ck_2"]
        assert SECRET not in repr(shown)
        of_the_owner = {*ClientKeyView.__struct_fields__} - {*OwnView.__struct_fields__}
        assert of_the_owner == {"id", "key", "default_tools", "created_at", "updated_at"}


def test_a_key_is_active_disabled_or_expired() -> None:
    assert state_of(granted(), NOW) is KeyState.ACTIVE
    assert state_of(granted(enabled=False, expires_at=NOW), NOW) is KeyState.DISABLED
    assert state_of(granted(expires_at=NOW), NOW) is KeyState.EXPIRED
