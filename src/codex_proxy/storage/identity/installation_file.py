"""``installation_id``: the random id of this installation, as the official client keeps one."""

import re
from pathlib import Path
from typing import Final

from codex_proxy.storage.private_files import create_private_file

INSTALLATION_FILE: Final = "installation_id"
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def installation_id(data_dir: Path, fresh: str) -> str:
    """The id kept in ``data_dir``; ``fresh`` is kept where there is none or no legible one.  Raises ``OSError``."""
    path = data_dir / INSTALLATION_FILE
    create_private_file(path, fresh.encode())
    kept = path.read_text(encoding="utf-8", errors="replace").strip()
    return kept if _UUID.fullmatch(kept) else fresh
