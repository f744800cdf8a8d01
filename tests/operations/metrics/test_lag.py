"""How late the loop woke."""

from codex_proxy.operations.metrics.families import exposition
from codex_proxy.operations.metrics.lag import LoopLag
from tests.gateway.scene import FakeClock


class LateClock(FakeClock):
    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds + 0.04)


async def test_what_the_loop_slept_too_long_is_its_lag() -> None:
    lag = LoopLag(LateClock())
    assert await lag.look()
    told = exposition(lag.families())
    assert 'codex_proxy_loop_lag_seconds_bucket{le="0.025"} 0' in told
    assert 'codex_proxy_loop_lag_seconds_bucket{le="0.05"} 1' in told


async def test_before_the_first_look_nothing_is_said() -> None:
    assert exposition(LoopLag(FakeClock()).families()) == ""
