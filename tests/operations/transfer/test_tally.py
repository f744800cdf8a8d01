"""What becomes of each row is counted and told."""

from codex_proxy.accounts.formats.rows import AccountRow, InvalidRow, SkippedRow
from codex_proxy.accounts.issuer import grant_of
from codex_proxy.accounts.record import Secrets
from codex_proxy.operations.jobs_book import Progress, Ticket
from codex_proxy.operations.transfer.tally import NEWER_HERE, Imported, Tally
from tests.accounts.formats.samples import ISSUER, NOW, token


def row(index: int, note: str | None = None) -> AccountRow:
    grant = grant_of(Secrets(access_token=token()), issuer=ISSUER, now=NOW)
    return AccountRow(index=index, grant=grant, note=note)


ROWS = (
    row(1),
    SkippedRow(index=2, reason="another service's"),
    row(3, "left out"),
    InvalidRow(index=4, reason="no token"),
    row(5),
)


def test_rows_that_are_no_accounts_are_counted_at_once() -> None:
    ticket = Ticket()
    Tally(ROWS, ticket)
    assert ticket.progress == Progress(done=2, total=5, counts={"added": 0, "updated": 0, "skipped": 1, "failed": 1})


def test_the_result_names_rows_in_order_and_what_is_about_the_file_first() -> None:
    ticket = Ticket()
    tally = Tally(ROWS, ticket)
    tally.failed(5, "dead")
    tally.taken(row(3, "left out"), added=True)
    tally.skipped(1, NEWER_HERE)
    tally.note(0, "about the file")
    tally.tell()
    assert tally.result() == Imported(
        success=True,
        added=1,
        updated=0,
        skipped=2,
        failed=2,
        errors=("row 4: no token", "row 5: dead"),
        notes=(
            "about the file",
            f"row 1: skipped: {NEWER_HERE}",
            "row 2: skipped: another service's",
            "row 3: left out",
        ),
    )
    assert ticket.progress.done == 5


def test_an_import_that_was_stopped_says_why_and_how_much_is_left() -> None:
    tally = Tally(ROWS, Ticket())
    tally.taken(row(1), added=False)
    tally.stop("the disk is full")
    result = tally.result()
    assert (result.success, result.updated) == (False, 1)
    assert result.errors == ("row 4: no token", "the disk is full; 2 rows were not tried")


def test_one_that_was_stopped_after_its_last_row_went_to_its_end() -> None:
    tally = Tally((row(1),), Ticket())
    tally.taken(row(1), added=True)
    tally.stop("the import was cancelled")
    assert tally.result() == Imported(success=True, added=1, updated=0, skipped=0, failed=0)
