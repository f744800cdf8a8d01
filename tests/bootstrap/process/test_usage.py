"""What the process uses."""

from codex_proxy.bootstrap.process.usage import cpu_seconds, resident_bytes


def test_memory_and_time_are_what_a_process_can_have() -> None:
    resident = resident_bytes()
    assert resident is not None
    assert 10_000_000 < resident < 100_000_000_000
    assert cpu_seconds() > 0
