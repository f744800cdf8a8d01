"""Where the program keeps its data.  Raises ``StartRefused`` where a place cannot be used."""

from pathlib import Path
from typing import Final

from platformdirs import user_data_path

from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.storage.private_files import make_private_directory

_APPLICATION: Final = "codex-proxy"
_CHECKOUT: Final = Path(__file__).resolve().parents[3]


def default_data_dir(checkout: Path = _CHECKOUT) -> Path:
    """``data`` in a checkout, the platform's user data directory otherwise."""
    if (checkout / "pyproject.toml").is_file() and (checkout / "src" / "codex_proxy").is_dir():
        return checkout / "data"
    return user_data_path(_APPLICATION, appauthor=False)


def usable_data_dir(path: Path) -> Path:
    """The directory, made if it is missing.

    Raises:
        StartRefused: it cannot be made, read or written.
    """
    try:
        make_private_directory(path)
    except OSError as error:
        raise StartRefused(f"the data directory {path} cannot be used: {error.strerror}") from error
    return path
