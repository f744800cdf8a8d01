"""Generated pages are what the sources say."""

from pathlib import Path

from codex_proxy.canonical.failure import FailureKind
from codex_proxy.settings.load import known_keys
from scripts.checks.breach import ROOT
from scripts.generate_pages import PAGES, configuration_page, failures_page, outdated


def test_the_pages_in_the_repository_are_up_to_date() -> None:
    assert list(outdated(ROOT)) == []


def test_every_key_and_every_kind_is_there() -> None:
    configuration, failures = configuration_page(), failures_page()
    assert [name for name in known_keys() if f"`{name}`" not in configuration] == []
    assert [kind for kind in FailureKind if f"`{kind.value}`" not in failures] == []


def test_a_page_that_differs_is_named(tmp_path: Path) -> None:
    for name, make in PAGES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(make(), encoding="utf-8")
    assert list(outdated(tmp_path)) == []
    (tmp_path / "docs/failures.md").write_text("old")
    assert list(outdated(tmp_path)) == ["docs/failures.md"]
