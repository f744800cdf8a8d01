"""What the log of changes tells of a thing before and after a change.

Rules of this file: names, states and settings; no address with its password, no key, no token.
"""

from collections.abc import Mapping

from codex_proxy.bootstrap.control.late import ControlGround
from codex_proxy.operations.egress.addresses import masked_url
from codex_proxy.operations.egress.pool import NoSuchProxy
from codex_proxy.operations.vendor_keys.parts import UnknownKey
from codex_proxy.server.admin.access.snapshots import Snapshot, Snapshots, Told


def snapshots_of(ground: ControlGround) -> Snapshots:
    """How to look at what routes change, by how their paths begin."""
    return {
        "/auth/accounts/{row_id}": _accounts(ground),
        "/auth/api-keys/{entry_id}": _vendor_keys(ground),
        "/api/proxies/{proxy_id}": _proxies(ground),
        "/api/proxies/assign/{account_id}": _assignments(ground),
        "/admin/ollama-settings": lambda _: _bridge(ground),
    }


def _accounts(ground: ControlGround) -> Snapshot:
    def look(named: Mapping[str, str]) -> Told:
        record = ground.services.ground.pool.record(named["row_id"])
        if record is None:
            return {}
        return _told(
            email=record.email, label=record.label, enabled=record.enabled, fingerprint=record.fingerprint_mode
        )

    return look


def _vendor_keys(ground: ControlGround) -> Snapshot:
    def look(named: Mapping[str, str]) -> Told:
        try:
            key = ground.vendor_keys.book.find(named["entry_id"])
        except UnknownKey:
            return {}
        return _told(vendor=key.vendor, label=key.label, status=key.status, models=len(key.models))

    return look


def _proxies(ground: ControlGround) -> Snapshot:
    def look(named: Mapping[str, str]) -> Told:
        try:
            proxy = ground.egress.pool.find(named["proxy_id"])
        except NoSuchProxy:
            return {}
        return _told(name=proxy.name, url=masked_url(proxy.url), enabled=proxy.enabled)

    return look


def _assignments(ground: ControlGround) -> Snapshot:
    def look(named: Mapping[str, str]) -> Told:
        return _told(way=ground.egress.assignments.of(named["account_id"]).proxy_id)

    return look


def _bridge(ground: ControlGround) -> Told:
    settings = ground.bridge.settings
    return _told(
        enabled=settings.enabled,
        host=settings.host,
        port=settings.port,
        version=settings.version,
        disable_vision=settings.disable_vision,
    )


def _told(**values: str | int | None) -> Told:
    """Values as the log has them; what is not there is not told."""
    return {
        name: value if isinstance(value, int) else str(value) for name, value in values.items() if value is not None
    }
