"""What a capsule says of the gateway: versions, and the settings that hold no secret and name no place.

Rules of this file: what is marked as a secret, or may only stand in a file, stays here.
"""

import platform
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from codex_proxy import __version__
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.redaction import redact
from codex_proxy.operations.capsules.capsule import Facts, Product
from codex_proxy.operations.transfer.times import iso
from codex_proxy.settings.schema import Settings

TOLD_SECTIONS: Final = (
    "api",
    "auth",
    "chat",
    "client",
    "images",
    "logs",
    "model",
    "models",
    "quota",
    "session",
    "tls",
    "translation",
)


def capsule_facts(settings: Settings, clock: SystemClock) -> Facts:
    """The facts now."""
    return Facts(
        made_at=iso(clock.now()),
        product=Product(
            version=__version__,
            python=platform.python_version(),
            platform=own_platform(),
        ),
        config=dict(_told(settings)),
    )


def own_platform() -> str:
    """What this runs on."""
    return f"{platform.system()} {platform.machine()}"


def plain_keys(section: type[BaseModel]) -> Iterator[str]:
    """The keys of a section that hold no secret and move nothing."""
    for name, described in section.model_fields.items():
        marks = described.json_schema_extra
        if isinstance(marks, dict) and not marks.get("secret") and not marks.get("file_only"):
            yield name


def _told(settings: Settings) -> Iterator[tuple[str, Any]]:
    for section in TOLD_SECTIONS:
        values: BaseModel = getattr(settings, section)
        told = values.model_dump(mode="json")
        yield from ((f"{section}.{name}", redact(told[name], name)) for name in plain_keys(type(values)))
