"""A running gateway answers everything that its OpenAPI document allows, and everything that it does not, as it says.

schemathesis makes the requests: valid ones and such as are not, with and without the key, of every route that there
is.  All of its checks hold; what its defaults would not know is told to it below.  The gateway runs on the simulated
backend, and no request leads off this machine.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from codex_proxy.bootstrap.run import ServeOptions, serving
from tests.scenarios.stage import KEY

DOCUMENT = "/openapi/openapi.json"
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
HOOKS = "tests.conformance.control_hooks"
EXAMPLES = 3  # beside the systematic ones of the coverage phase, which are some twenty-five for each route
AT_LEAST = 75

# A request of the right form may still ask for what makes no sense or is not there (400, 404, 409), and whoever has to
# be asked on its way may refuse (502) or be out of reach (503); a defect (500) is never right.
CONFIG = """\
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 409, 429, 502, 503]

[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 502, 503]
"""


async def run(folder: Path, url: str, *arguments: str) -> tuple[int, str]:
    """The status and the words of schemathesis."""
    (folder / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
    root = str(Path(__file__).parents[2])
    process = await asyncio.create_subprocess_exec(
        SCHEMATHESIS, "run", url + DOCUMENT, "--checks", "all", "--seed", "1", "--no-shrink", "--warnings", "off",
        "--request-timeout", "30", "--continue-on-failure", *arguments,
        cwd=folder,
        env=os.environ | {"SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": root, "COLUMNS": "200", "HTTP_PROXY": ""},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode()


@pytest.mark.timeout(600)
async def test_what_the_document_allows_is_answered_as_it_says(tmp_path: Path) -> None:
    environ = {"CODEX_PROXY_SERVER__PROXY_API_KEY": KEY}
    options = ServeOptions(flags={"server.port": 0}, data_dir=tmp_path / "data", simulate=True)
    key = ("--header", f"Authorization: Bearer {KEY}")
    async with serving(options, environ) as served:
        shown = await run(tmp_path, served.url, *key, "--phases", "coverage,fuzzing", "-n", str(EXAMPLES))
        hidden = await run(tmp_path, served.url, "--phases", "fuzzing", "-n", "1")
    for status, told in (shown, hidden):
        assert status == 0, told[-20_000:]
        assert int(told.partition("Tested: ")[2].split()[0]) >= AT_LEAST, told[-2000:]
