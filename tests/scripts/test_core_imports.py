from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.checks.core_imports import find_breaches

Plant = Callable[[str, str], list[str]]


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Writes a package of the product's shape with one line of code in one module, and checks it."""
    product = tmp_path.name.replace("-", "_")
    monkeypatch.syspath_prepend(str(tmp_path))

    def check(module: str, code: str) -> list[str]:
        for package in ("", "canonical", "protocols", "accounts", "gateway"):
            (tmp_path / product / package).mkdir(parents=True, exist_ok=True)
            (tmp_path / product / package / "__init__.py").write_text("", encoding="utf-8")
        path = tmp_path / product / f"{module}.py"
        path.write_text(code.replace("PRODUCT", product), encoding="utf-8")
        breaches = find_breaches(product, tmp_path)
        assert all(breach.path == path for breach in breaches)
        return [f"{breach.line}: {breach.text}".replace(product, "PRODUCT") for breach in breaches]

    return check


def test_a_clock_in_the_core_is_reported_with_its_line(plant: Plant) -> None:
    assert plant("accounts/pool", "import re\nfrom time import monotonic\n") == ["2: the core may not import time"]


def test_what_no_deny_list_names_is_reported_too(plant: Plant) -> None:
    assert plant("canonical/usage", "import datetime\n") == ["1: the core may not import datetime"]


def test_the_core_may_not_look_outwards(plant: Plant) -> None:
    assert plant("protocols/base", "import PRODUCT.gateway\n") == ["1: the core may not import PRODUCT.gateway"]


def test_the_core_may_not_look_sideways(plant: Plant) -> None:
    assert plant("accounts/pool", "import PRODUCT.protocols\n") == ["1: the core may not import PRODUCT.protocols"]


def test_pure_modules_and_inner_layers_are_fine(plant: Plant) -> None:
    code = "import collections.abc\nimport re\nimport msgspec\nimport PRODUCT.canonical\n"
    assert plant("protocols/base", code) == []


def test_outside_the_core_anything_goes(plant: Plant) -> None:
    assert plant("gateway/exchange", "import asyncio\nimport time\n") == []
