"""Recorded answers through our codecs, held against the official SDK: ``python -m scripts.corpus_check DIR…``.

Reads every recorded exchange below the folders, decodes it, encodes it again and compares each result with what a
reader that is not ours makes of the original bytes.  Prints a table and every miss; exits 1 if a miss is left that the
recording itself does not explain.  With ``--cross`` every answer is told to clients of all five dialects instead.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from codex_proxy.canonical.request import Dialect
from scripts.evidence.codecs import Pair, our_pairs
from scripts.evidence.cross import table
from scripts.evidence.exchange import Row, check
from scripts.evidence.known_defects import excuse
from scripts.evidence.readers.sdks import Readers
from scripts.evidence.recording import Form, NotAnExchange, read_all
from scripts.evidence.report import print_table

_COLUMNS = ("folder", "files", "streams", "json", "errors", "not answers", "ok", "known defects", "misses")


@dataclass(slots=True, kw_only=True)
class Findings:
    """Everything one run found."""

    rows: list[Row] = field(default_factory=list)
    skipped: list[NotAnExchange] = field(default_factory=list)

    @property
    def missed(self) -> list[Row]:
        """Rows with a miss that nothing excuses."""
        return [row for row in self.rows if any(miss.known is None for miss in row.misses)]


def run(folders: Sequence[Path], pairs: dict[Dialect, Pair], *, seed: int = 0) -> Findings:
    """Check every file."""
    findings = Findings()
    with Readers() as readers:
        for read in read_all(folders):
            if isinstance(read, NotAnExchange):
                findings.skipped.append(read)
                continue
            row = check(read, pairs[read.dialect], readers, seed=seed)
            row.misses = [
                replace(miss, known=excuse(read, row.source, stage=miss.stage, reason=miss.reason))
                for miss in row.misses
            ]
            findings.rows.append(row)
    return findings


def show(findings: Findings, *, verbose: bool) -> None:
    """The table, then every miss, every excused one, and what was not checked."""
    folders = sorted({row.recording.path.parent for row in findings.rows})
    print_table(_COLUMNS, [_counts(folder.name, findings, folder) for folder in folders])
    for row in findings.rows:
        for miss in row.misses:
            if miss.known is None or verbose:
                label = "MISS" if miss.known is None else f"known ({miss.known})"
                print(
                    f"{label} {row.recording.path.parent.name}/{row.recording.path.name} [{miss.stage}] {miss.reason}"
                )
    excused = Counter(miss.known for row in findings.rows for miss in row.misses if miss.known)
    for why, count in excused.most_common():
        print(f"excused {count} times: {why}")
    fallbacks = Counter(row.source for row in findings.rows if row.source)
    for source, count in fallbacks.most_common():
        print(f"held against {source}: {count}")
    others = Counter(
        f"{row.recording.form.value}, {row.recording.endpoint}"
        for row in findings.rows
        if row.recording.form in {Form.HEADERS, Form.OTHER}
    )
    for kind, count in others.most_common():
        print(f"no answer to check ({count}): {kind}")
    for skipped in findings.skipped:
        print(f"no exchange: {skipped.path}: {skipped.reason}")


def _counts(name: str, findings: Findings, folder: Path) -> list[str]:
    rows = [row for row in findings.rows if row.recording.path.parent == folder]
    forms = Counter(row.recording.form for row in rows)
    missed = sum(any(miss.known is None for miss in row.misses) for row in rows)
    known = sum(bool(row.misses) and all(miss.known for miss in row.misses) for row in rows)
    numbers = (
        len(rows),
        forms[Form.STREAM],
        forms[Form.WHOLE],
        forms[Form.ERROR],
        forms[Form.HEADERS] + forms[Form.OTHER],
        len(rows) - missed - known,
        known,
        missed,
    )
    return [name, *map(str, numbers)]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="recorded answers through our codecs, held against the official SDK")
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--seed", type=int, default=0, help="seed of the chunk borders")
    parser.add_argument("--verbose", action="store_true", help="excused misses too")
    parser.add_argument("--cross", action="store_true", help="tell every answer in every dialect")
    options = parser.parse_args()
    if options.cross:
        crossed = table.cross(options.folders, our_pairs(), seed=options.seed)
        table.show(crossed)
        return 1 if table.unexplained(crossed) or not crossed else 0
    findings = run(options.folders, our_pairs(), seed=options.seed)
    show(findings, verbose=options.verbose)
    if not findings.rows:
        print("nothing was checked")
    return 1 if findings.missed or not findings.rows else 0


if __name__ == "__main__":
    sys.exit(main())
