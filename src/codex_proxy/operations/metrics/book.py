"""All sources together, as one text."""

from collections.abc import Iterator

from codex_proxy.operations.metrics.families import Family, Source, exposition


class MetricsBook:
    """Sources in the order in which they came."""

    def __init__(self, *sources: Source) -> None:
        self._sources = list(sources)

    def add(self, source: Source) -> None:
        """Ask this one too from now on."""
        self._sources.append(source)

    def text(self) -> str:
        """What Prometheus reads."""
        return exposition(self.families())

    def families(self) -> Iterator[Family]:
        """What every source tells."""
        for source in self._sources:
            yield from source.families()
