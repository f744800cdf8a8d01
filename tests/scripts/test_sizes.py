from pathlib import Path
from textwrap import dedent

import pytest

from scripts.checks.sizes import Ceilings, find_breaches


def breaches_of(folder: Path, source: str, *, name: str = "module.py", ceilings: Ceilings | None = None) -> list[str]:
    (folder / name).write_text(dedent(source), encoding="utf-8")
    return [breach.text for breach in find_breaches([folder], ceilings or Ceilings())]


def test_a_module_at_the_ceiling_passes_and_one_line_more_does_not(tmp_path: Path) -> None:
    assert breaches_of(tmp_path, "x = 1\n" * 400) == []
    assert breaches_of(tmp_path, "x = 1\n" * 401) == ["401 lines in one module (at most 400)"]


def test_a_schema_module_may_be_longer(tmp_path: Path) -> None:
    assert breaches_of(tmp_path, "x = 1\n" * 600, name="schema.py") == []
    assert breaches_of(tmp_path, "x = 1\n" * 601, name="schema.py") == ["601 lines in one module (at most 600)"]


def test_a_long_function_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("\n\ndef long():\n" + "    x = 1\n" * 50, encoding="utf-8")
    (breach,) = find_breaches([tmp_path])
    assert (breach.path, breach.line, breach.text) == (path, 3, "long: 51 lines (at most 50)")


@pytest.mark.parametrize(
    "signature",
    ["def f(a, b, c, d, e, f, g)", "def f(a, b, c, *, d, e, f, g)", "async def f(self, a, b, c, d, e, f, g)"],
)
def test_seven_parameters_are_one_too_many(tmp_path: Path, signature: str) -> None:
    assert breaches_of(tmp_path, f"{signature}: ...\n") == ["f: 7 parameters (at most 6)"]


def test_self_is_no_parameter(tmp_path: Path) -> None:
    assert breaches_of(tmp_path, "def f(self, a, b, c, d, e, f): ...\n") == []


def test_four_blocks_inside_each_other_are_one_too_many(tmp_path: Path) -> None:
    source = """
    def deep(rows):
        for row in rows:
            with row:
                match row:
                    case 1:
                        if row:
                            return 1
    """
    assert breaches_of(tmp_path, source) == ["deep: nested 4 deep (at most 3)"]


def test_an_elif_is_beside_its_if_and_a_nested_function_starts_anew(tmp_path: Path) -> None:
    source = """
    def flat(a):
        if a == 1:
            return 1
        elif a == 2:
            return 2
        elif a == 3:
            return 3
        elif a == 4:
            return 4
        for row in a:
            for cell in row:
                def inner():
                    for letter in cell:
                        if letter:
                            return letter
    """
    assert breaches_of(tmp_path, source) == []


def test_an_eleventh_module_wants_a_sub_package(tmp_path: Path) -> None:
    for name in ["__init__", *"abcdefghij"]:
        (tmp_path / f"{name}.py").write_text("", encoding="utf-8")
    assert find_breaches([tmp_path]) == []
    (tmp_path / "k.py").write_text("", encoding="utf-8")
    assert [(breach.path, breach.text) for breach in find_breaches([tmp_path])] == [
        (tmp_path, "11 modules in one package (at most 10)")
    ]


def test_environments_inside_a_folder_are_not_ours(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    assert breaches_of(tmp_path / ".venv", "x = 1\n" * 401) != []
    assert find_breaches([tmp_path]) == []
