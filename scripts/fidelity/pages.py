"""The matrix as a page and as the document that ``GET /v1/fidelity`` serves."""

from collections.abc import Mapping

import msgspec

from scripts.fidelity.matrix import CODECS, answer_matrix, request_matrix
from scripts.fidelity.verdicts import Fate

HEAD = """\
# Fidelity

What becomes of every feature of every client dialect on its way to the Codex backend and back. Nothing here is
claimed: each cell is found by sending a request that holds a mark, or encoding an answer that does, and looking where
the mark went. The tests fail where a feature is lost without a note. `/v1/fidelity` serves the same table as JSON.

| word | means |
|---|---|
| mapped | it arrives on the other side |
| emulated | the gateway does it itself, since the upstream cannot |
| ignored with note | it has no effect, and `x-codex-proxy-notes` says so |
| lost with note | content or a constraint is lost; the notes say so, and with `strict` the request is refused |
| rejected | an error in the client's dialect names the field |
| no effect | the upstream does this by itself, so nothing is lost |
| - | the dialect has no such feature |
"""

Matrix = Mapping[str, Mapping[str, Fate]]


def fidelity_page() -> str:
    """``docs/fidelity.md``."""
    return HEAD + _table("Requests", request_matrix()) + _table("Answers", answer_matrix())


def fidelity_document() -> str:
    """``{"requests": {feature: {dialect: fate}}, "answers": ...}``."""
    document = {"requests": request_matrix(), "answers": answer_matrix()}
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def _table(title: str, matrix: Matrix) -> str:
    columns = " | ".join(CODECS)
    rows = (f"| {feature} | {_cells(fates)} |\n" for feature, fates in matrix.items())
    return f"\n## {title}\n\n| feature | {columns} |\n|---|{'---|' * len(CODECS)}\n{''.join(rows)}"


def _cells(fates: Mapping[str, Fate]) -> str:
    return " | ".join("-" if fates[dialect] is Fate.ABSENT else fates[dialect].value for dialect in CODECS)
