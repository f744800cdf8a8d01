"""What holds for every test: how much Hypothesis tries, whom TLS trusts, and that nothing is skipped unseen.

With `CI=true` a skipped test is a failure, because a run that skips what it was built to show proves nothing. Tests
marked `recordings` are excepted: the recordings are kept outside the repository and need not be there.
"""

import gc
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ON_CI = os.environ.get("CI") == "true"

# Tests, and the programs they start, trust one authority, whose key nobody has: they stay on loopback, and reading the
# system's hundred and fifty takes 50 ms for every client that is made, which are thousands.
os.environ["SSL_CERT_FILE"] = str(Path(__file__).with_name("nobody.pem"))
os.environ.pop("SSL_CERT_DIR", None)

# No deadline: shared machines stall, and no test measures time. 500 examples is what a law is worth on CI.
settings.register_profile(
    "local", deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("ci", parent=settings.get_profile("local"), max_examples=500, derandomize=True)
settings.load_profile("ci" if ON_CI else "local")

# What collecting the tests leaves in memory, a million objects, stays: no use in looking through it for garbage again
# and again, which takes more than half as long as collecting them does.
gc.disable()


def pytest_collection_finish() -> None:
    """Only what the tests make is looked through."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if ON_CI and report.skipped and not hasattr(report, "wasxfail") and not item.get_closest_marker("recordings"):
        report.outcome = "failed"
        report.longrepr = f"skipped with CI=true: {call.excinfo.value if call.excinfo else report.longrepr}"
    return report
