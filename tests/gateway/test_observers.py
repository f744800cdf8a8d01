"""Several observers as one."""

from codex_proxy.gateway.observers import Observers
from codex_proxy.gateway.ports import ExchangeRecord
from tests.gateway.scene import Records

RECORD = ExchangeRecord(
    request_id="req",
    client_key_id="key",
    dialect="openai_chat",
    model_asked="m",
    model_used=None,
    attempts=(),
    usage=None,
    failure=None,
    notes=(),
    first_content_seconds=None,
    duration_seconds=0.0,
)


class Broken:
    def finished(self, record: ExchangeRecord) -> None:
        raise RuntimeError(record.request_id)


def test_every_observer_is_told_whatever_the_others_do() -> None:
    complaints: list[tuple[str, str]] = []
    first, last = Records(), Records()
    observers = Observers((first, Broken(), last), complain=lambda name, error: complaints.append((name, str(error))))
    observers.finished(RECORD)
    assert first.all == last.all == [RECORD]
    assert complaints == [("Broken", "req")]
