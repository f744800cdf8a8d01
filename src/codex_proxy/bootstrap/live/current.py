"""A value that may be another one at the next look.

Rules of this file: a value is frozen; whoever follows it asks for it anew each time.  Source: decisions, 28.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class Current(Generic[T]):
    """Holds the value of now."""

    def __init__(self, value: T) -> None:
        self._value = value

    def get(self) -> T:
        """The value of now."""
        return self._value

    def put(self, value: T) -> None:
        """Another value holds from now on."""
        self._value = value

    def derived(self, make: Callable[[T], U]) -> Callable[[], U]:
        """What ``make`` makes of the value of now; made once for each value."""
        return _Derived(self, make)


class _Derived(Generic[T, U]):
    def __init__(self, source: Current[T], make: Callable[[T], U]) -> None:
        self._source = source
        self._make = make
        self._seen = source.get()
        self._made = make(self._seen)

    def __call__(self) -> U:
        value = self._source.get()
        if value is not self._seen:
            self._seen, self._made = value, self._make(value)
        return self._made
