"""How much is kept."""

from codex_proxy.operations.request_log.state import Level, LogPolicy, LogSwitch
from tests.gateway.scene import NOW, FakeClock


def test_metadata_unless_told_otherwise_and_nothing_while_paused() -> None:
    switch = LogSwitch(LogPolicy(), now=FakeClock().now)
    assert (switch.level, switch.kept, switch.bodies_until) == (Level.METADATA, Level.METADATA, None)
    switch.is_paused = True
    assert (switch.level, switch.kept) == (Level.METADATA, Level.OFF)


def test_bodies_end_by_themselves() -> None:
    clock = FakeClock()
    switch = LogSwitch(LogPolicy(level=Level.BODIES, bodies_seconds=60), now=clock.now)
    assert switch.bodies_until == NOW + 60
    clock.time += 59
    levels = [switch.kept]
    clock.time += 1
    levels.append(switch.kept)
    assert levels == [Level.BODIES, Level.METADATA]
    assert LogPolicy(level=Level.METADATA, bodies_seconds=60) == switch.policy
