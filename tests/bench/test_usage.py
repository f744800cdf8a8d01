"""The usage bench measures what it says it measures."""

from pathlib import Path

from bench.usage.run import AT_ONCE, DAY, DAYS, exchanges, measure, questions
from codex_proxy.operations.usage_stats.periods import Granularity


def test_the_exchanges_are_those_of_thirty_days_in_order() -> None:
    told = list(exchanges(2000, until=DAYS * DAY))
    begun = [each.started_at for each in told]
    assert begun == sorted(begun)
    assert (begun[0], len({each.request_id for each in told})) == (0.0, 2000)
    assert len({each.client_key_id for each in told}) == 5
    assert 0 < sum(each.failure is not None for each in told) < 100
    assert any(each.aborted for each in told)


async def test_everything_is_recorded_before_it_is_asked_for(tmp_path: Path) -> None:
    recording, answers = await measure(count=3 * AT_ONCE, rounds=1, folder=tmp_path)
    assert recording.loop_us > recording.note_us > 0
    assert recording.thread_us > 0
    assert [each.name for each in answers] == list(questions(0.0))
    assert min(each.cpu_ms for each in answers) > 0
    assert answers[0].size_bytes > 100
    assert questions(0.0)[answers[-1].name].granularity is Granularity.RAW
