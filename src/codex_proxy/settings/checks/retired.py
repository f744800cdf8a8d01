"""Keys of other editions and earlier releases that mean nothing here: they are told and stop no start.

Source: spec, accounts, 14.2; pitfall U-11: a file that worked yesterday must not keep the gateway from starting.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

RETIRED_SECTIONS: Final[Mapping[str, str]] = {
    "official_agent": "the bridge to the official agent is not part of this gateway",
}


def is_retired(name: str) -> bool:
    """Whether this dotted key is of a section that means nothing any more."""
    return name.partition(".")[0] in RETIRED_SECTIONS


def retired_words(names: Iterable[str]) -> Iterator[str]:
    """A sentence for each section of these keys that means nothing any more."""
    for section in dict.fromkeys(name.partition(".")[0] for name in names):
        if section in RETIRED_SECTIONS:
            yield f"{section} is passed over: {RETIRED_SECTIONS[section]}"
