"""Starting anew."""

import subprocess
import sys
from pathlib import Path

from codex_proxy.bootstrap.process.restarting import Restart

PROGRAM = """
import os, pathlib, sys
from codex_proxy.bootstrap.process.restarting import start_anew
count = pathlib.Path(sys.argv[1])
count.write_text(count.read_text() + f"{os.getpid()} {sys.argv[1:]}\\n")
if count.read_text().count("\\n") < 2:
    start_anew()
"""


def test_u_18_a_restart_ends_the_program_as_a_signal_would() -> None:
    restart, ended = Restart(), []
    assert not restart.is_possible
    assert not restart.ask()
    restart.ends_by(lambda: ended.append(True))
    assert restart.ask()
    assert (restart.is_asked, ended) == (True, [True])


def test_the_process_stays_the_same_and_its_arguments_too(tmp_path: Path) -> None:
    program, count = tmp_path / "program.py", tmp_path / "count"
    program.write_text(PROGRAM)
    count.write_text("")
    subprocess.run([sys.executable, str(program), str(count)], check=True, timeout=30)
    first, second = count.read_text().splitlines()
    assert first == second
