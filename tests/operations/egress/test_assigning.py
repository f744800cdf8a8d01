"""Who leaves through which proxy."""

from collections.abc import Mapping
from typing import Any

import pytest

from codex_proxy.accounts.egress.ways import Direct, Through
from codex_proxy.operations.egress.assigning import (
    AssignedWay,
    Change,
    ListedAssignment,
    NoSuchAccounts,
    Preview,
)
from codex_proxy.operations.egress.formats import BadRow
from codex_proxy.operations.egress.pool import NoSuchTarget
from tests.operations.egress.stage import ROWS, A, B, C, Stage

ONE, TWO = "http://one.invalid:1", "http://two.invalid:2"


async def stage(*texts: str, **ways: str) -> Stage:
    made = Stage()
    await made.add(*(texts or (ONE, TWO)))
    await made.assignments.assign({{"a": A, "b": B, "c": C}[name]: way for name, way in ways.items()})
    return made


def listed(**members: Any) -> ListedAssignment:
    return ListedAssignment(**members)


async def test_an_account_gets_a_proxy_a_mode_or_none_of_its_own() -> None:
    made = await stage(a="p1", b="direct", c="auto")
    told = {row_id: made.assignments.of(row_id) for row_id in ROWS}
    assert told == {
        A: AssignedWay(proxy_id="p1", proxy_name="one.invalid:1"),
        B: AssignedWay(proxy_id="direct", proxy_name="Direct"),
        C: AssignedWay(proxy_id="auto", proxy_name="Auto"),
    }
    assert isinstance(made.ways()[C], Through)
    await made.assignments.assign({A: "global"})
    await made.assignments.unassign(B)
    assert made.assignments.of(A) == made.assignments.of(B) == AssignedWay(proxy_id="global", proxy_name="Global")
    assert made.ways()[A] == Direct()
    assert (await made.kept()).assignments == {C: "auto"}


@pytest.mark.parametrize(
    ("assignments", "error"),
    [
        ({A: "p1", "d" * 16: "p1"}, NoSuchAccounts),
        ({A: "p1", B: "p9"}, NoSuchTarget),
        ({A: "p1", B: ""}, NoSuchTarget),
    ],
)
async def test_p_09_many_at_once_hold_as_a_whole_or_not_at_all(
    assignments: Mapping[str, str], error: type[Exception]
) -> None:
    made = await stage()
    with pytest.raises(error):
        await made.assignments.assign(assignments)
    assert made.pool.assignments == {}
    assert await made.assignments.assign({A: "p1", B: "p2"}) == 2


async def test_p_09_who_is_not_known_is_named() -> None:
    made = await stage()
    with pytest.raises(NoSuchAccounts, match=r"there is no account d, e$"):
        await made.assignments.assign({"d": "p1", A: "p1", "e": "p1"})
    with pytest.raises(NoSuchAccounts, match=r"4 …$"):
        await made.assignments.assign(dict.fromkeys("0123456789", "p1"))
    with pytest.raises(NoSuchAccounts):
        await made.assignments.unassign("d")


async def test_p_09_an_account_that_is_gone_has_no_way_left() -> None:
    made = await stage(a="p1", b="p2")
    made.records = [each for each in made.records if each.row_id != A]
    await made.pool.load()
    assert made.pool.assignments == {B: "p2"}


async def test_accounts_take_the_proxies_in_turn() -> None:
    made = await stage()
    assert await made.assignments.assign_in_turn([C, A, C, B], ["p2", "p1"]) == {C: "p2", A: "p1", B: "p2"}
    assert made.pool.assignments == {C: "p2", A: "p1", B: "p2"}
    with pytest.raises(NoSuchTarget):
        await made.assignments.assign_in_turn([A], ["p1", "p9"])
    with pytest.raises(NoSuchAccounts):
        await made.assignments.assign_in_turn(["d"], ["p1"])
    assert await made.assignments.assign_in_turn([], ["p1"]) == {}


async def test_p_09_what_is_given_out_is_taken_in_by_email_and_id() -> None:
    made = await stage(a="p1", c="direct")
    told = made.assignments.export()
    assert told == (
        listed(email="one@example.invalid", account_id=A, proxy_id="p1", proxy_name="one.invalid:1"),
        listed(email="Two@example.invalid", account_id=C, proxy_id="direct", proxy_name="Direct"),
    )
    assert made.assignments.preview(told) == Preview(changes=(), unchanged_count=2)
    await made.assignments.assign(dict.fromkeys(ROWS, "auto"))
    changes = made.assignments.preview(told).changes
    assert changes == (
        Change(row_id=A, email="one@example.invalid", before="auto", after="p1"),
        Change(row_id=C, email="Two@example.invalid", before="auto", after="direct"),
    )
    assert set(made.pool.assignments.values()) == {"auto"}


async def test_p_09_an_account_is_known_by_its_workspace_and_a_proxy_by_its_name_too() -> None:
    made = await stage()
    preview = made.assignments.preview(
        [
            listed(email="TWO@example.invalid", account_id="workspace-c", proxy_id="other", proxy_name="two.invalid:2"),
            listed(account_id="workspace-a", proxy_name="one.invalid:1"),
            listed(email="one@example.invalid", proxy_id="direct"),
        ]
    )
    assert [(change.row_id, change.after) for change in preview.changes] == [(C, "p2"), (A, "direct")]
    assert (preview.unchanged_count, preview.errors) == (0, ())


async def test_of_two_rows_for_one_account_the_last_one_counts() -> None:
    made = await stage(a="p1")
    stay, go = listed(account_id=A, proxy_id="p1"), listed(account_id=A, proxy_id="p2")
    told = [made.assignments.preview(rows) for rows in ([stay, go], [go, stay])]
    assert [(len(preview.changes), preview.unchanged_count) for preview in told] == [(1, 0), (0, 1)]


async def test_p_09_rows_that_are_not_clear_say_why_and_do_nothing() -> None:
    made = await stage()
    await made.pool.change("p2", name="one.invalid:1")
    rows = [
        None,
        listed(proxy_id="p1"),
        listed(email="two@example.invalid", proxy_id="p1"),
        listed(email="nobody@example.invalid", proxy_id="p1"),
        listed(email="one@example.invalid", account_id=B, proxy_id="p1"),
        listed(account_id=A, proxy_id="p9"),
        listed(account_id=A),
        listed(account_id=A, proxy_name="one.invalid:1"),
        listed(account_id=B, proxy_id="p1"),
        listed(account_id=B, proxy_id="global"),
    ]
    preview = made.assignments.preview(rows)
    assert (preview.changes, preview.unchanged_count) == ((), 1)
    assert preview.errors == tuple(
        BadRow(row=number, error=words)
        for number, words in enumerate(
            [
                "the row is no assignment",
                "email and accountId are missing",
                "several accounts have this email: say which with accountId",
                "there is no such account",
                "there is no such account",
                "there is no such proxy",
                "there is no such proxy",
                "several proxies have this name: say which with proxyId",
            ],
            start=1,
        )
    )
