"""How this program was installed, and what an update does to the machine.

Rules of this file: only files of the installation are looked at; a program gets no input and no more of the environment
than it needs to find its way, and what it says is bounded.
"""

import asyncio
import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from packaging.requirements import Requirement

from codex_proxy.operations.updates.own.installation import PACKAGE, Facts
from codex_proxy.operations.updates.own.updater import Ran

INSTALL_SECONDS: Final = 600.0
REQUIREMENTS_FILE: Final = "update-requirements.txt"
MAX_OUTPUT_BYTES: Final = 64 * 1024
_CONTAINER_MARKS: Final = (Path("/.dockerenv"), Path("/run/.containerenv"))
_CACHES: Final = ("archive-v", "environments-v", ".cache")
_KEPT: Final = (
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "UV_CACHE_DIR",
)


def installed_facts(environ: Mapping[str, str], *, prefix: Path = Path(sys.prefix)) -> Facts:
    """The facts about this program; ``prefix`` is its environment."""
    try:
        own = importlib.metadata.distribution(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        own = None
    return Facts(
        python=sys.executable,
        python_version=platform.python_version(),
        in_container="KUBERNETES_SERVICE_HOST" in environ or any(mark.exists() for mark in _CONTAINER_MARKS),
        is_editable=own is None or _is_editable(own),
        is_cached=any(part.startswith(_CACHES) for part in prefix.parts),
        has_own_environment=sys.prefix != sys.base_prefix,
        has_uv_receipt=(prefix / "uv-receipt.toml").exists(),
        has_pipx_record=(prefix / "pipx_metadata.json").exists(),
        installer=((own.read_text("INSTALLER") if own is not None else None) or "").strip(),
        uv=shutil.which("uv", path=environ.get("PATH")),
        extras=() if own is None else _extras(own),
    )


class ThisMachine:
    """Implements ``Machine``; ``folder`` is where it may write."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self._environ = {name: environ[name] for name in _KEPT if name in environ}
        self._folder = folder

    async def run(self, command: Sequence[str]) -> Ran:
        """See ``Machine``."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=self._environ,
            )
        except OSError as error:
            return Ran(status=1, output=f"{command[0]} cannot be run: {error.strerror}")
        try:
            async with asyncio.timeout(INSTALL_SECONDS):
                said, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            return Ran(status=1, output=f"not done within {INSTALL_SECONDS:g} seconds")
        return Ran(status=process.returncode or 0, output=said[-MAX_OUTPUT_BYTES:].decode(errors="replace"))

    async def write(self, text: str) -> str:
        """See ``Machine``."""
        path = self._folder / REQUIREMENTS_FILE
        await asyncio.to_thread(path.write_text, text, encoding="utf-8")
        return str(path)


def _is_editable(own: importlib.metadata.Distribution) -> bool:
    told = own.read_text("direct_url.json")
    if told is None:
        return False
    try:
        where = msgspec.json.decode(told, type=dict[str, object])
    except msgspec.MsgspecError:
        return False
    folder = where.get("dir_info")
    return isinstance(folder, dict) and bool(folder.get("editable"))


def _extras(own: importlib.metadata.Distribution) -> tuple[str, ...]:
    """The extras whose packages are all there."""
    wanted = [Requirement(text) for text in own.requires or ()]
    extras = own.metadata.get_all("Provides-Extra") or ()
    return tuple(extra for extra in extras if _is_whole([each for each in wanted if _is_of(each, extra)]))


def _is_of(requirement: Requirement, extra: str) -> bool:
    marker = requirement.marker
    return marker is not None and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""})


def _is_whole(requirements: Sequence[Requirement]) -> bool:
    return bool(requirements) and all(_is_there(each.name) for each in requirements)


def _is_there(name: str) -> bool:
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
