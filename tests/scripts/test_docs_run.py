import os
import sys
from pathlib import Path
from textwrap import dedent

from scripts.checks.docs_run import find_examples, run_examples

ENVIRONMENT = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def outcome_of(folder: Path, text: str) -> list[str]:
    page = folder / "page.md"
    page.write_text(dedent(text), encoding="utf-8")
    return [f"{breach.line}: {breach.text}" for breach in run_examples(find_examples([page]), ENVIRONMENT)]


def test_a_command_that_prints_something_else_is_reported(tmp_path: Path) -> None:
    page = """\
    # Page

    <!-- run -->
    ```console
    $ echo new
    old
    ```
    """
    assert outcome_of(tmp_path, page) == ["5: 'echo new' printed 'new'"]


def test_a_command_that_fails_is_reported_with_its_last_words(tmp_path: Path) -> None:
    page = """\
    <!-- run -->
    ```console
    $ echo gone >&2; exit 3
    ```
    """
    assert outcome_of(tmp_path, page) == ["3: 'echo gone >&2; exit 3' exits with 3: gone"]


def test_dots_stand_for_anything_and_commands_share_a_folder(tmp_path: Path) -> None:
    page = """\
    <!-- run -->
    ```console
    $ echo "took 17 ms" \\
        > note
    $ cat note
    took ... ms
    ```
    """
    assert outcome_of(tmp_path, page) == []


def test_a_program_has_to_end_well(tmp_path: Path) -> None:
    page = """\
    <!-- run -->
    ```python
    assert 1 + 1 == 3, "arithmetic"
    ```
    """
    (complaint,) = outcome_of(tmp_path, page)
    assert "exits with 1" in complaint
    assert complaint.endswith("AssertionError: arithmetic")


def test_blocks_without_a_mark_are_left_alone(tmp_path: Path) -> None:
    page = """\
    ```console
    $ exit 1
    ```
    """
    assert outcome_of(tmp_path, page) == []


GATEWAY_PAGE = """\
<!-- run: gateway -->
```console
$ echo http://127.0.0.1:8080 $CODEX_PROXY_KEY
http://127.0.0.1:9 key-for-the-documentation-examples
```
"""


def stand_in(folder: Path, program: str) -> dict[str, str]:
    """An environment in which `python -m codex_proxy` is ``program``."""
    (folder / "codex_proxy").mkdir()
    (folder / "codex_proxy" / "__main__.py").write_text(program, encoding="utf-8")
    (folder / "codex_proxy" / "__init__.py").write_text("", encoding="utf-8")
    (folder / "page.md").write_text(GATEWAY_PAGE, encoding="utf-8")
    return {**ENVIRONMENT, "PYTHONPATH": str(folder)}


def test_examples_beside_a_gateway_get_its_address_and_a_key(tmp_path: Path) -> None:
    environment = stand_in(
        tmp_path, "import time; print('listening on http://127.0.0.1:9', flush=True); time.sleep(30)"
    )
    assert run_examples(find_examples([tmp_path / "page.md"]), environment) == []


def test_a_gateway_that_does_not_start_is_reported_with_its_last_words(tmp_path: Path) -> None:
    environment = stand_in(tmp_path, "import sys; sys.exit('the port is taken')")
    (breach,) = run_examples(find_examples([tmp_path / "page.md"]), environment)
    assert breach.text == "the gateway ended with status 1 before it listened: the port is taken"
