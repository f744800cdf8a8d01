"""Updating the gateway itself, put together.

Rules of this file: objects are made here, rules are elsewhere; where updates are off nothing is made before it is asked
for.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from codex_proxy import __version__
from codex_proxy.bootstrap.outgoing.upstream import Upstream
from codex_proxy.bootstrap.process.installed import ThisMachine, installed_facts
from codex_proxy.bootstrap.process.restarting import Restart
from codex_proxy.gateway.ports import Route
from codex_proxy.operations.egress.routes import route_by
from codex_proxy.operations.updates.own.index import IndexReader
from codex_proxy.operations.updates.own.updater import INTERVAL_SECONDS, UpdateMode, Updater, UpdaterParts
from codex_proxy.operations.updates.watch import CALLER, RETRY_SECONDS
from codex_proxy.settings.schema import UpdateSection
from codex_proxy.storage.identity.update_file import FormerFile, UpdateFileLock


@dataclass(kw_only=True)
class OwnUpdates:
    """The updater as a job, and how the program starts anew."""

    settings: UpdateSection
    prereleases: Callable[[], bool]
    upstream: Upstream
    data_dir: Path
    restart: Restart = field(default_factory=Restart)

    @cached_property
    def updater(self) -> Updater:
        """The updater."""
        ground = self.upstream.accounts.ground

        def route_of(base_url: str) -> Route:
            return route_by(ground.book.way(CALLER), base_url=base_url, row_id=CALLER)

        return Updater(
            UpdaterParts(
                current=__version__,
                facts=installed_facts(os.environ),
                mode=UpdateMode(self.settings.gateway),
                index_url=self.settings.index_url,
                prereleases=self.prereleases,
                read=IndexReader(transport=self.upstream.transport, route_of=route_of).read,
                machine=ThisMachine(os.environ, self.data_dir),
                store=FormerFile(self.data_dir),
                lock=UpdateFileLock(self.data_dir),
                clock=ground.clock,
            )
        )

    async def look(self) -> bool:
        """Look for a newer version, where that is wanted; whether the index answered."""
        return self.settings.gateway == UpdateMode.OFF.value or await self.updater.look()

    def pause_seconds(self, succeeded: bool) -> float:  # noqa: FBT001 - the job runner's form
        """How long until the next look."""
        return INTERVAL_SECONDS if succeeded else RETRY_SECONDS
