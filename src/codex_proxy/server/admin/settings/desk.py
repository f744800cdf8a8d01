"""What the routes over settings share: a change, and what an answer says of it.

Rules of this file: whoever says which revision a change was made for (``If-Match``) is refused where there is another.
A change holds from the next request on, except for the keys that ``restart_required`` names.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from litestar.params import HeaderParameter

from codex_proxy.operations.ollama_bridge import BridgeStatus
from codex_proxy.operations.settings.book import BY_API, Change, SettingsBook

IfMatch: TypeAlias = Annotated[
    str | None,
    HeaderParameter(name="if-match", description="The revision, as ETag, that the change was made for."),
]
MAY_FAIL: Final = (409,)
"""Statuses of errors that a change may end in, beside those of every route."""
_ANY: Final = "*"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of keys: those that wait for a start, and those that something wins over, with what that is."""

    restart_required: tuple[str, ...]
    overridden: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsDesk:
    """What the routes stand on.

    ``image_hosts`` gives the accounts' models that may host picture tools; ``is_routable`` says whether a name leads
    anywhere.
    """

    book: SettingsBook
    image_hosts: Callable[[], Iterable[str]]
    is_routable: Callable[[str], bool]
    bridge_status: Callable[[], BridgeStatus]

    @property
    def headers(self) -> dict[str, str]:
        """What every answer carries."""
        return {"etag": f'"{self.book.revision}"'}

    async def change(self, values: Mapping[str, Any], *, if_match: str | None = None) -> None:
        """Change these, UNSET for keys that are to go; raises like ``SettingsBook.change``."""
        await self.book.change(Change(values=values, by=BY_API, expected=expected_by(if_match)))

    def standing(self, names: Iterable[str]) -> Standing:
        """What becomes of these keys."""
        known, configured = set(names), self.book.configured
        return Standing(
            restart_required=tuple(name for name in configured.pending if name in known),
            overridden={name: source for name, source in configured.overriding.items() if name in known},
        )


def expected_by(if_match: str | None) -> str | None:
    """The revision in an ``If-Match`` header; None where any will do."""
    told = (if_match or _ANY).strip().removeprefix("W/").strip('"')
    return None if told == _ANY else told
