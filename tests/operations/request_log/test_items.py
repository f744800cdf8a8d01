"""What is told keeps references and nothing else."""

from tests.operations.request_log.samples import answered, exchange, told


def test_what_is_told_is_what_was_given() -> None:
    record = exchange()
    assert told().record == record
    assert (answered().refusal, answered().capture) == (b"", None)
