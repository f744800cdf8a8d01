"""How the gateway was installed, and by what commands another version is put in its place.

Rules of this file: pure; an environment of its own is changed by the installer that made it, anything else is only told
about.  The exact version with the hashes that the index told is installed first, without what it depends on, then what
it depends on, each verified by the installer.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, assert_never

import msgspec

from codex_proxy.operations.updates.own.releases import Release

PACKAGE: Final = "codex-proxy"


class Way(StrEnum):
    """Who installed the gateway.

    ``run_once`` is an environment that ``uvx`` or ``pipx run`` keeps for itself, ``system`` Python's own packages.
    """

    UV_TOOL = "uv_tool"
    PIPX = "pipx"
    PIP = "pip"
    UV = "uv"
    CONTAINER = "container"
    CHECKOUT = "checkout"
    RUN_ONCE = "run_once"
    SYSTEM = "system"


HINTS: Final = {
    Way.CONTAINER: "pull the newer image and start the container from it; what is inside of it stays as it was built",
    Way.CHECKOUT: "this is a checkout: fetch the newer sources and run `make install`",
    Way.RUN_ONCE: "this environment is made anew at every start: start `uvx codex-proxy@latest`",
    Way.SYSTEM: "this is no environment of its own: install it with `uv tool install codex-proxy` or `pipx`",
}
"""What to do where no update is installed here."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What tells how it was installed.

    ``installer`` is what the package's own record says; ``uv`` is where that program is, None without one.
    """

    python: str
    python_version: str
    in_container: bool
    is_editable: bool
    is_cached: bool
    has_own_environment: bool
    has_uv_receipt: bool
    has_pipx_record: bool
    installer: str
    uv: str | None
    extras: tuple[str, ...] = ()


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """The way, and why it cannot be updated here, None where it can."""

    way: Way
    hint: str | None


def installation_of(facts: Facts) -> Installation:
    """How the gateway was installed."""
    way = _way(facts)
    if way in {Way.UV_TOOL, Way.UV} and facts.uv is None:
        return Installation(way=way, hint="it was installed by uv, which is not found any more")
    return Installation(way=way, hint=HINTS.get(way))


def commands(
    way: Way, facts: Facts, release: Release, *, requirements: str, index_url: str
) -> tuple[tuple[str, ...], ...]:
    """The commands that install ``release``, in order; ``requirements`` is the file that ``pinned`` is the text of."""
    exact = ("--no-deps", "--require-hashes", "--requirement", requirements)
    extras = f"[{','.join(facts.extras)}]" if facts.extras else ""
    whole = (f"{PACKAGE}{extras}=={release.version}",)
    begin = _installer(way, facts)
    return tuple((*begin, "--index-url", index_url, *what) for what in (exact, whole))


def pinned(release: Release) -> str:
    """A requirements file with this release and its hashes."""
    return " ".join((f"{PACKAGE}=={release.version}", *(f"--hash=sha256:{each}" for each in release.hashes))) + "\n"


def _installer(way: Way, facts: Facts) -> Sequence[str]:
    match way:
        case Way.UV_TOOL | Way.UV:
            return (facts.uv or "uv", "pip", "install", "--quiet", "--python", facts.python)
        case Way.PIP | Way.PIPX:
            quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
            return (facts.python, "-m", "pip", "install", *quiet)
        case Way.CONTAINER | Way.CHECKOUT | Way.RUN_ONCE | Way.SYSTEM:
            raise ValueError(f"nothing is installed where the way is {way.value}")
        case _:
            assert_never(way)


def _way(facts: Facts) -> Way:
    for holds, way in (
        (facts.is_editable, Way.CHECKOUT),
        (facts.in_container, Way.CONTAINER),
        (facts.is_cached, Way.RUN_ONCE),
        (not facts.has_own_environment, Way.SYSTEM),
        (facts.has_uv_receipt, Way.UV_TOOL),
        (facts.has_pipx_record, Way.PIPX),
        (facts.installer == "uv", Way.UV),
    ):
        if holds:
            return way
    return Way.PIP
