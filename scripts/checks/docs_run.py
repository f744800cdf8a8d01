"""Documentation that is run: a marked example that no longer works is a failed check.

A fenced block is run when the line above it is a mark:

    <!-- run -->            `console`: each `$ ` line in bash, its output compared with the lines below it, where `...`
                            stands for anything; `python`: as a program that has to end well
    <!-- run: gateway -->   the same beside a gateway on its simulated backend; its address takes the place of
                            http://127.0.0.1:8080, and the environment has the client key as CODEX_PROXY_KEY

Rules of this file: blocks run in a scratch folder, one after the other, in the order of the page.
"""

import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from scripts.checks.breach import ROOT, Breach, report

DOCUMENTED_ADDRESS = "http://127.0.0.1:8080"
CLIENT_KEY = "key-for-the-documentation-examples"
BLOCK_SECONDS = 60
START_SECONDS = 30.0
BLOCK = re.compile(
    r"^<!-- run(?P<gateway>: gateway)? -->\n+```(?P<language>console|python)[^\n]*\n(?P<body>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
LISTENING = re.compile(r"listening on (http://\S+)")


class GatewayFailed(Exception):
    """The gateway did not get as far as listening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One marked block; ``line`` is where its text starts."""

    path: Path
    line: int
    language: str
    body: str
    needs_gateway: bool


def find_examples(pages: Sequence[Path]) -> list[Example]:
    """The marked blocks of ``pages``, in order."""
    return [
        Example(
            path=page,
            line=text.count("\n", 0, match.start("body")) + 1,
            language=match["language"],
            body=match["body"],
            needs_gateway=bool(match["gateway"]),
        )
        for page in pages
        for text in [page.read_text(encoding="utf-8")]
        for match in BLOCK.finditer(text)
    ]


def run_examples(examples: Sequence[Example], environment: Mapping[str, str]) -> list[Breach]:
    """Run every example in one scratch folder; a gateway is started once if any asks for it."""
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:
        folder = Path(scratch)
        breaches = [breach for one in examples if not one.needs_gateway for breach in _run(one, folder, environment)]
        served = [example for example in examples if example.needs_gateway]
        if not served:
            return breaches
        try:
            address = stack.enter_context(_gateway(environment, folder))
        except GatewayFailed as error:
            return [*breaches, Breach(path=served[0].path, line=served[0].line, text=str(error))]
        known = {**environment, "CODEX_PROXY_KEY": CLIENT_KEY}
        return breaches + [breach for one in served for breach in _run(one, folder, known, address=address)]


def _run(
    example: Example, folder: Path, environment: Mapping[str, str], *, address: str = DOCUMENTED_ADDRESS
) -> Iterator[Breach]:
    body = example.body.replace(DOCUMENTED_ADDRESS, address)
    steps = _console_steps(body) if example.language == "console" else [([sys.executable, "-c", body], None)]
    for command, expected in steps:
        outcome = subprocess.run(
            command,
            cwd=folder,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=BLOCK_SECONDS,
            check=False,
        )
        complaint = _complaint(outcome, expected)
        if complaint:
            yield Breach(path=example.path, line=example.line, text=f"{command[-1].strip()[:60]!r} {complaint}")


def _console_steps(body: str) -> list[tuple[list[str], str | None]]:
    """Each `$ ` line, continued lines joined, as a bash command, and the output the page shows for it."""
    steps: list[tuple[list[str], str | None]] = []
    for chunk in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, expected = re.sub(r"\\\n", "", chunk).partition("\n")
        steps.append((["bash", "-c", command], expected.strip() or None))
    return steps


def _complaint(outcome: subprocess.CompletedProcess[str], expected: str | None) -> str:
    if outcome.returncode:
        return f"exits with {outcome.returncode}: {outcome.stderr.strip()[-300:]}"
    if expected is None or re.fullmatch(_pattern(expected), outcome.stdout.strip(), re.DOTALL):
        return ""
    return f"printed {outcome.stdout.strip()[:300]!r}"


def _pattern(expected: str) -> str:
    return ".*?".join(re.escape(part) for part in expected.split("..."))


@contextmanager
def _gateway(environment: Mapping[str, str], folder: Path) -> Iterator[str]:
    """A gateway on its simulated backend, on a free port; yields its address."""
    command = [sys.executable, "-m", "codex_proxy", "serve", "--simulate", "--port", "0"]
    known = {**environment, "CODEX_PROXY_SERVER__PROXY_API_KEY": CLIENT_KEY}
    with (
        (folder / "gateway.log").open("w+", encoding="utf-8") as log,
        subprocess.Popen(command, cwd=folder, env=known, stdout=subprocess.PIPE, stderr=log, text=True) as server,
    ):
        try:
            yield _address(server, log)
        finally:
            server.terminate()


def _address(server: subprocess.Popen[str], log: TextIO) -> str:
    patience = threading.Timer(START_SECONDS, server.kill)
    patience.start()
    try:
        for line in server.stdout or ():
            found = LISTENING.search(line)
            if found:
                return found[1]
    finally:
        patience.cancel()
    log.seek(0)
    last_words = log.read().strip()[-300:]
    raise GatewayFailed(f"the gateway ended with status {server.wait()} before it listened: {last_words}")


def main() -> int:
    """Run the marked examples of the README and of docs/, or of the pages named on the command line."""
    pages = [Path(argument) for argument in sys.argv[1:]]
    pages = pages or [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    return report("docs", run_examples(find_examples(pages), environment))


if __name__ == "__main__":
    sys.exit(main())
