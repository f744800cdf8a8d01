"""The sum and its margin."""

import pytest

from codex_proxy.canonical.blocks import DataSource, File, Text
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.usage.counting.plan import CountPlan, plan_of
from codex_proxy.usage.counting.total import TokenCount, total_of

PLAN = plan_of(
    Request(
        dialect=Dialect.OPENAI_RESPONSES,
        model="m",
        turns=(
            Turn(role=Role.USER, blocks=(Text(text="x" * 36),)),
            Turn(role=Role.USER, blocks=(File(source=DataSource(media_type="application/pdf", data="A" * 40)),)),
        ),
    )
)


@pytest.mark.parametrize(
    ("counts", "tokens", "exact_text"),
    [
        ((100, 2), 8 + 100 + 3000, True),
        ((100, None), 8 + 100 + 500, True),
        ((100, 0), 8 + 100 + 500, True),
        ((None, 2), 8 + 10 + 3000, False),
        ((None, None), 8 + 10 + 500, False),
    ],
)
def test_what_was_not_counted_goes_by_its_size(counts: list[int | None], tokens: int, exact_text: bool) -> None:
    count = total_of(PLAN, counts)
    assert count.tokens - 1 < tokens * 1.04 <= count.tokens
    assert count.exact_text is exact_text
    assert count.estimated


@pytest.mark.parametrize(("ruled", "told"), [(0, 0), (1, 2), (25, 26), (100, 104), (101, 106)])
def test_the_margin_is_rounded_up(ruled: int, told: int) -> None:
    assert total_of(CountPlan(passages=(), ruled_tokens=ruled), ()) == TokenCount(tokens=told, exact_text=True)
