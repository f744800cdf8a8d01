"""Prices that follow the owner's ``pricing.yaml``: what is written there holds from the next exchange on.

Rules of this file: the file is looked at every few seconds and read where it changed; one that cannot be used leaves
the prices in force that were, and is told once.  What was recorded keeps the price that it had.
"""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Final

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.usage.prices import OWNERS_FILE, price_table
from codex_proxy.canonical.usage import Usage
from codex_proxy.storage.file_marks import mark_of

LOOK_SECONDS: Final = 2.0


class FollowedPrices:
    """Implements ``Pricing``; ``look`` is a job.  ``complain`` hears of a file that cannot be used.

    Raises:
        StartRefused: when made, where the owner's file cannot be used.
    """

    def __init__(self, data_dir: Path, *, complain: Callable[[str, Exception], None]) -> None:
        self._data_dir = data_dir
        self._complain = complain
        self._path = data_dir / OWNERS_FILE
        self._mark = mark_of(self._path)
        self._table = price_table(data_dir)
        self.trouble: str | None = None
        """Why the file that is there now is not in force; None where it is."""

    @property
    def as_of(self) -> str:
        """The day of the prices in force (ISO 8601)."""
        return self._table.as_of

    def cost(
        self, model: str, usage: Usage, *, vendor: str | None = None, service_tier: str | None = None
    ) -> Decimal | None:
        """See ``Pricing``."""
        return self._table.cost(model, usage, vendor=vendor, service_tier=service_tier)

    async def look(self) -> bool:
        """Take in what changed."""
        mark = await asyncio.to_thread(mark_of, self._path)
        if mark == self._mark:
            return True
        self._mark = mark
        try:
            self._table = await asyncio.to_thread(price_table, self._data_dir)
        except StartRefused as error:
            self.trouble = str(error)
            self._complain("prices stay as they were", error)
        else:
            self.trouble = None
        return True
