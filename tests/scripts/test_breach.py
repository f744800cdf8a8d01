import pytest

from scripts.checks.breach import ROOT, Breach, report


def test_a_breach_names_its_place_from_the_root_of_the_project() -> None:
    assert str(Breach(path=ROOT / "src" / "a.py", line=3, text="too long")) == "src/a.py:3: too long"


def test_a_breach_of_a_whole_file_has_no_line() -> None:
    assert str(Breach(path=ROOT / "src", text="too many")) == "src: too many"


def test_any_breach_makes_the_check_fail(capsys: pytest.CaptureFixture[str]) -> None:
    status = report("sizes", [Breach(path=ROOT / "src", text="too many")])
    assert status == 1
    assert capsys.readouterr().out == "src: too many\nsizes: 1 breach\n"


def test_no_breach_is_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert report("sizes", []) == 0
    assert capsys.readouterr().out == "sizes: no breaches\n"
