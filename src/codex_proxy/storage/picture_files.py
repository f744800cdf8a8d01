"""Generated pictures as files, for as long as their links are good.

Rules of this file: a name has 128 random bits or more and says nothing; only what is a picture by its bytes is kept,
readable by its owner only; the oldest go when there is too much.  Files are written and read beside the event loop.
"""

import asyncio
import base64
import binascii
import os
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from codex_proxy.gateway.ports import KeptPicture
from codex_proxy.protocols.parts.media import sniff_bytes
from codex_proxy.storage.private_files import create_private_file, make_private_directory

_ENDINGS: Final = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "image/gif": ".gif"}
_MEDIA_TYPES: Final = {ending: media_type for media_type, ending in _ENDINGS.items()}
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{22,64}(\.[a-z]{3,4})")


class PictureFiles:
    """Implements the gateway's ``PictureStore`` in a directory.

    ``now`` gives epoch seconds; ``new_name`` 22 or more random URL-safe characters; ``lifetime_seconds`` and
    ``max_total_bytes`` give what holds now; ``complain`` hears why a picture was not kept.
    """

    def __init__(
        self,
        directory: Path,
        *,
        now: Callable[[], float],
        new_name: Callable[[], str],
        lifetime_seconds: Callable[[], float],
        max_total_bytes: Callable[[], int],
        complain: Callable[[Exception], None],
    ) -> None:
        self._directory = directory
        self._now = now
        self._new_name = new_name
        self._lifetime_seconds = lifetime_seconds
        self._max_total_bytes = max_total_bytes
        self._complain = complain
        self._lock = threading.Lock()

    async def keep(self, picture: str) -> str | None:
        """See ``PictureStore``."""
        try:
            return await asyncio.to_thread(self._keep, picture)
        except (OSError, ValueError) as error:
            self._complain(error)
            return None

    async def find(self, name: str) -> KeptPicture | None:
        """See ``PictureStore``."""
        return await asyncio.to_thread(self._find, name)

    async def expire(self) -> bool:
        """Remove what is too old; always True, for the job that repeats it.  Raises ``OSError``."""
        await asyncio.to_thread(self._expire)
        return True

    def _keep(self, picture: str) -> str:
        try:
            content = base64.b64decode(picture, validate=True)
        except binascii.Error as error:
            raise ValueError(f"a generated picture is not base64: {error}") from error
        ending = _ENDINGS.get(sniff_bytes(content) or "")
        if ending is None:
            raise ValueError("what the upstream called a picture is of no known format")
        if len(content) > self._max_total_bytes():
            raise ValueError(f"a picture of {len(content)} bytes is larger than all that may be kept")
        name = self._new_name() + ending
        with self._lock:
            make_private_directory(self._directory)
            self._make_room(len(content))
            create_private_file(self._directory / name, content)
            os.utime(self._directory / name, (self._now(), self._now()))
        return name

    def _find(self, name: str) -> KeptPicture | None:
        match = _NAME.fullmatch(name)
        media_type = _MEDIA_TYPES.get(match.group(1)) if match else None
        path = self._directory / name
        try:
            if media_type is None or self._is_over(path.stat()):
                return None
            return KeptPicture(content=path.read_bytes(), media_type=media_type)
        except OSError:
            return None

    def _expire(self) -> None:
        with self._lock:
            for path, status in self._files():
                if self._is_over(status):
                    path.unlink(missing_ok=True)

    def _make_room(self, size_bytes: int) -> None:
        files = sorted(self._files(), key=lambda file: file[1].st_mtime)
        total_bytes = sum(status.st_size for _, status in files)
        for path, status in files:
            if total_bytes + size_bytes <= self._max_total_bytes():
                return
            path.unlink(missing_ok=True)
            total_bytes -= status.st_size

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        if not self._directory.is_dir():
            return
        for path in list(self._directory.iterdir()):
            try:
                yield path, path.stat()
            except FileNotFoundError:  # another process removed it
                continue

    def _is_over(self, status: os.stat_result) -> bool:
        return status.st_mtime + self._lifetime_seconds() <= self._now()
