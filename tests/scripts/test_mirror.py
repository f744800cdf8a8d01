from pathlib import Path

import pytest

from scripts.checks.mirror import find_breaches


def tree(root: Path, *names: str) -> tuple[Path, Path]:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    return root / "src" / "product", root / "tests"


def test_a_module_without_its_test_module_is_reported(tmp_path: Path) -> None:
    places = tree(tmp_path, "src/product/a/b.py", "tests/a/test_c.py", "src/product/a/c.py")
    (breach,) = find_breaches(*places)
    assert breach.path == tmp_path / "src/product/a/b.py"
    assert breach.text == "has no test module (tests/a/test_b.py)"


def test_a_test_module_without_its_module_is_reported(tmp_path: Path) -> None:
    places = tree(tmp_path, "src/product/__init__.py", "tests/a/test_gone.py")
    (breach,) = find_breaches(*places)
    assert breach.path == tmp_path / "tests/a/test_gone.py"
    assert breach.text == "mirrors no module (product/a/gone.py)"


def test_a_mirrored_tree_passes(tmp_path: Path) -> None:
    assert find_breaches(*tree(tmp_path, "src/product/a/b.py", "tests/a/test_b.py", "tests/a/conftest.py")) == []


@pytest.mark.parametrize("name", ["__init__", "__main__"])
def test_modules_without_behaviour_need_no_test_module(tmp_path: Path, name: str) -> None:
    assert find_breaches(*tree(tmp_path, f"src/product/a/{name}.py")) == []


@pytest.mark.parametrize("folder", ["laws", "vectors", "conformance", "scenarios", "stores", "scripts", "pitfalls"])
def test_tests_across_modules_mirror_nothing(tmp_path: Path, folder: str) -> None:
    assert find_breaches(*tree(tmp_path, f"tests/{folder}/test_chunking.py")) == []
