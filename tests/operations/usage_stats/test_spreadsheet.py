"""Usage as CSV: what a spreadsheet reads is what was used, and no formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.operations.usage_stats.spreadsheet import heading, lines
from codex_proxy.operations.usage_stats.views import exchange_point, point
from codex_proxy.usage.buckets import NOTHING, sums_of
from tests.usage.samples import dollars, event


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def raw(**members: object) -> dict[str, str]:
    told = event(**members)  # type: ignore[arg-type]
    content = heading(is_raw=True, is_grouped=False) + lines([exchange_point(told)])
    (row,) = read(content)
    return row


def test_a_line_for_each_exchange() -> None:
    row = raw(event_id="req_1", input_tokens=5, output_tokens=7, cost=dollars("0.00000002"), streamed=True)
    assert (row["request_id"], row["input_tokens"], row["output_tokens"]) == ("req_1", "5", "7")
    assert (row["estimated_cost_usd"], row["streamed"], row["status"]) == ("0.00000002", "true", "completed")
    assert row["timestamp"].endswith("T00:00:00.000Z")
    assert raw()["estimated_cost_usd"] == ""
    assert None not in row


def test_a_line_for_each_point() -> None:
    content = heading(is_raw=False, is_grouped=True) + lines([point("now", sums_of(event()), group="m")])
    (row,) = read(content)
    assert (row["group"], row["request_count"], row["unpriced_count"]) == ("m", "1", "1")
    plain = heading(is_raw=False, is_grouped=False) + lines([point("now", NOTHING)] * 2)
    assert [each["estimated_cost_usd"] for each in read(plain)] == ["0", "0"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "|", "%", " =", "  @"])
def test_no_cell_is_a_formula(start: str) -> None:
    name = f'{start}HYPERLINK("http://evil.test","x")'
    assert raw(model_asked=name)["model_asked"] == f"'{name}"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20))
def test_any_name_stays_one_cell_and_comes_back(name: str) -> None:
    cell = raw(model_asked=name)["model_asked"]
    assert cell in {name, f"'{name}"}
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
