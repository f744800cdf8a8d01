"""How it was installed, and the commands that follow from it."""

from typing import Any

import pytest

from codex_proxy.operations.updates.own.installation import HINTS, Way, commands, installation_of, pinned
from codex_proxy.operations.updates.own.releases import Release
from tests.operations.updates.own.world import SHA, facts

RELEASE = Release(version="0.2.0", hashes=(SHA,))
WAYS: dict[Way, dict[str, Any]] = {
    Way.UV_TOOL: {},
    Way.PIPX: {"has_uv_receipt": False, "has_pipx_record": True, "installer": "pip"},
    Way.PIP: {"has_uv_receipt": False, "installer": "pip"},
    Way.UV: {"has_uv_receipt": False},
    Way.CONTAINER: {"in_container": True},
    Way.CHECKOUT: {"is_editable": True},
    Way.RUN_ONCE: {"is_cached": True},
    Way.SYSTEM: {"has_own_environment": False},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_known_by_its_facts(way: Way) -> None:
    assert WAYS.keys() == set(Way)
    installation = installation_of(facts(**WAYS[way]))
    assert installation.way is way
    assert installation.hint == HINTS.get(way)


def test_without_uv_nothing_is_installed_that_uv_installed() -> None:
    assert "uv" in (installation_of(facts(uv=None)).hint or "")


@pytest.mark.parametrize(("way", "begins"), [(Way.UV_TOOL, "/bin/uv"), (Way.PIPX, "/tool/bin/python")])
def test_the_exact_version_is_installed_with_its_hash_and_then_what_it_needs(way: Way, begins: str) -> None:
    told = facts(**WAYS[way], extras=("postgres", "otel"))
    exact, whole = commands(way, told, RELEASE, requirements="r.txt", index_url="https://i.invalid/simple")
    assert exact[0] == whole[0] == begins
    assert exact[-4:] == ("--no-deps", "--require-hashes", "--requirement", "r.txt")
    assert whole[-1] == "codex-proxy[postgres,otel]==0.2.0"
    assert "https://i.invalid/simple" in exact
    assert pinned(RELEASE) == f"codex-proxy==0.2.0 --hash=sha256:{SHA}\n"


@pytest.mark.parametrize("way", HINTS)
def test_where_only_a_hint_is_given_there_are_no_commands(way: Way) -> None:
    with pytest.raises(ValueError, match=way.value):
        commands(way, facts(), RELEASE, requirements="r", index_url="u")
