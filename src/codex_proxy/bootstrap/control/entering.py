"""The entrance of the control plane put together: the owner's password, sessions, and the log of changes.

Rules of this file: objects are made here, rules are elsewhere; nothing but ``plane`` imports it, for hashing passwords
is loaded with it.
"""

import hmac
import secrets
from typing import Final

from litestar.handlers import HTTPRouteHandler

from codex_proxy.access.audit.entries import key_of
from codex_proxy.access.dashboard.sessions import SessionBook
from codex_proxy.bootstrap.control.access_files import admin_file, setup_links, trusted_proxies
from codex_proxy.bootstrap.control.late import ControlGround
from codex_proxy.bootstrap.control.snapshots import snapshots_of
from codex_proxy.bootstrap.live.serving import names_of
from codex_proxy.operations.access.auditing import Auditing
from codex_proxy.operations.access.dashboard import Dashboard, DashboardParts
from codex_proxy.operations.access.hashing import Hashing
from codex_proxy.server.admin.access.audit_log import audit_routes
from codex_proxy.server.admin.access.entrance import Desk, Entrance
from codex_proxy.server.admin.access.logging_in import entering_routes
from codex_proxy.server.admin.access.owning import owning_routes
from codex_proxy.server.admin.access.setup_page import setup_page_routes
from codex_proxy.storage.dashboard.audit_log import AuditLog

MINUTE_SECONDS: Final = 60.0
HOUR_SECONDS: Final = 3600.0


def make_desk(ground: ControlGround) -> Desk:
    """What the owner's entrance works with."""
    files, live, clock = ground.access, ground.live, ground.services.ground.clock
    parts = DashboardParts(
        store=admin_file(files),
        links=setup_links(files),
        sessions=SessionBook(
            rest_seconds=lambda: live.get().session.ttl_minutes * MINUTE_SECONDS,
            longest_seconds=lambda: live.get().session.longest_hours * HOUR_SECONDS,
        ),
        hashing=Hashing(),
        now=clock.now,
        monotonic=clock.monotonic,
        new_bytes=secrets.token_bytes,
        pepper=files.pepper,
        configured=live.get().security.dashboard_password,
    )
    log = AuditLog(files.data_dir, key=key_of(files.pepper), now=clock.now)
    return Desk(
        dashboard=Dashboard(parts),
        auditing=Auditing(log, now=clock.now, complain=ground.report_defect),
        snapshots=snapshots_of(ground),
        csrf_secret=hmac.digest(files.pepper, b"codex-proxy csrf, version 1", "sha256").hex(),
    )


def make_entrance(ground: ControlGround, desk: Desk) -> Entrance:
    """Whom the control plane lets in."""
    live = ground.live
    return Entrance(
        names=live.derived(names_of),
        trusted=live.derived(lambda settings: trusted_proxies(settings.server)),
        desk=desk,
    )


def entrance_routes(entrance: Entrance, desk: Desk) -> tuple[HTTPRouteHandler, ...]:
    """The routes over the entrance."""
    return (
        *setup_page_routes(),
        *entering_routes(entrance, desk),
        *owning_routes(entrance, desk),
        *audit_routes(desk.auditing),
    )
