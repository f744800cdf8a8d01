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


def test_what_was_switched_stays_until_the_owners_lasting_wish_is_another_one() -> None:
    clock = FakeClock()
    switch = LogSwitch(LogPolicy(), now=clock.now)
    switch.change(LogPolicy(level=Level.BODIES, bodies_seconds=60))
    clock.time += 30
    switch.follow(LogPolicy(body_bytes=5, protocol_only=False))
    assert (switch.level, switch.bodies_until) == (Level.BODIES, NOW + 60)
    assert (switch.policy.body_bytes, switch.policy.protocol_only) == (5, False)
    switch.follow(LogPolicy(level=Level.OFF))
    assert (switch.level, switch.bodies_until) == (Level.OFF, None)
    switch.follow(LogPolicy(level=Level.BODIES, bodies_seconds=10))
    assert (switch.level, switch.bodies_until) == (Level.BODIES, NOW + 40)
