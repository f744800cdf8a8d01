"""No decision hangs on a vendor's name."""

from pathlib import Path

import pytest

from scripts.checks.vendor_names import find_breaches, known_names

NAMES, ADDRESSES = frozenset({"acme"}), frozenset({"https://api.acme.example/v1"})


@pytest.mark.parametrize(
    "code",
    [
        'slow = vendor == "acme"',
        'slow = "acme" != vendor',
        'slow = vendor in {"acme", "other"}',
        'slow = vendor not in ("other", "acme")',
        'match vendor:\n    case "acme":\n        pass',
        'URL = "https://api.acme.example/v1/chat"',
    ],
)
def test_a_decision_by_name_is_found(tmp_path: Path, code: str) -> None:
    (tmp_path / "module.py").write_text(code)
    (breach,) = find_breaches(tmp_path, NAMES, ADDRESSES)
    assert breach.path == tmp_path / "module.py"
    assert "vendor" in breach.text


@pytest.mark.parametrize(
    "code",
    [
        '"""Acme answers at https://api.acme.example/v1."""',
        'def f():\n    """See https://api.acme.example/v1."""',
        'name = "acme"',
        "slow = vendor == other",
        'slow = model.startswith("acme-")',
        'slow = kind == "acme_call"',
    ],
)
def test_words_that_decide_nothing_are_none(tmp_path: Path, code: str) -> None:
    (tmp_path / "module.py").write_text(code)
    assert find_breaches(tmp_path, NAMES, ADDRESSES) == []


def test_the_packaged_vendors_are_looked_for() -> None:
    names, addresses = known_names()
    assert {"groq", "openrouter"} <= names
    assert "custom" not in names
    assert "https://api.deepseek.com/anthropic" in addresses
