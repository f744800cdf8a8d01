"""How writing down goes, as Prometheus reads it."""

from codex_proxy.operations.metrics.families import exposition
from codex_proxy.operations.metrics.records import RecordStandings, Standing


def test_what_was_lost_and_what_waits_is_told_by_kind() -> None:
    told = {"usage": Standing(lost_count=2, waiting_count=7), "log": Standing(lost_count=0)}
    source = RecordStandings({kind: lambda standing=standing: standing for kind, standing in told.items()})  # type: ignore[misc]
    text = exposition(source.families())
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        'codex_proxy_records_lost_total{kind="usage"} 2',
        'codex_proxy_records_lost_total{kind="log"} 0',
        'codex_proxy_records_waiting{kind="usage"} 7',
    ]
