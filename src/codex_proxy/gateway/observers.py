"""Several observers as one: what goes wrong in one of them reaches neither the exchange nor the others."""

from collections.abc import Callable, Sequence

from codex_proxy.gateway.ports import ExchangeRecord, Observer


class Observers:
    """Implements ``Observer``; ``complain`` gets an observer's name and what it raised."""

    def __init__(self, observers: Sequence[Observer], *, complain: Callable[[str, Exception], None]) -> None:
        self._observers = tuple(observers)
        self._complain = complain

    def finished(self, record: ExchangeRecord) -> None:
        """See ``Observer``."""
        for observer in self._observers:
            try:
                observer.finished(record)
            except Exception as error:  # noqa: BLE001 - observer dispatch: bookkeeping must not cost anybody an answer
                self._complain(type(observer).__name__, error)
