"""What is reported, and the group it belongs to."""

from typing import Any

import msgspec
import pytest

from codex_proxy.operations.error_log.reports import (
    MOST_CONTEXT,
    MOST_DEPTH,
    MOST_MESSAGE,
    Cleaning,
    ErrorReport,
    ErrorSource,
    InvalidReport,
    kept_report,
    trouble_of_report,
)
from codex_proxy.operations.error_log.store import KeptReport
from tests.operations.error_log.samples import CLEANING, STACK, report
from tests.operations.request_log.samples import SECRET


def kept(told: ErrorReport) -> KeptReport:
    return kept_report(told, CLEANING, at=5.0, version="1", platform="here")


def signature(told: ErrorReport) -> str:
    return trouble_of_report(kept(told)).signature


def test_u_05_a_report_is_kept_without_secrets() -> None:
    told = kept(report(name=f"Bad{SECRET}", context={"token": 5, "list": [SECRET, 3, None], SECRET: True}))
    assert SECRET not in str(told)
    assert msgspec.json.decode(told.context or "") == {
        "token": "[redacted]",
        "list": ["[redacted]", 3, None],
        "[redacted]": True,
    }
    assert (told.source, told.version, told.platform, told.at) == ("renderer", "1", "here", 5.0)


def test_what_differs_by_numbers_lines_and_ids_is_one_group() -> None:
    same = report("no [redacted] at 99", stack=STACK.replace(":10:5", ":1:1"))
    assert signature(report()) == signature(same)
    others = (
        report(source=ErrorSource.MAIN),
        report(name="RangeError"),
        report(stack=None),
        report("something else"),
    )
    assert len({signature(report()), *map(signature, others)}) == 5


def test_redaction_makes_no_text_longer_than_it_may_be() -> None:
    longer = Cleaning(text=lambda text: text * 2, members=lambda value: value)
    told = kept_report(report("x" * MOST_MESSAGE), longer, at=0.0, version="1", platform="here")
    assert len(told.message) == MOST_MESSAGE


def nested(depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {"end": 1}
    for _ in range(depth):
        made = {"in": made}
    return made


@pytest.mark.parametrize("context", [nested(MOST_DEPTH), nested(500), {"long": "x" * MOST_CONTEXT}])
def test_a_context_is_bounded(context: dict[str, Any]) -> None:
    with pytest.raises(InvalidReport):
        kept(report(context=context))
    assert kept(report(context=nested(3))).context is not None
