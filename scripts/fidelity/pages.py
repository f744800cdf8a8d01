"""The matrix as a page and as the document that ``GET /v1/fidelity`` serves."""

from collections.abc import Mapping
from functools import cache

import msgspec

from scripts.fidelity.fragments import ANTHROPIC, CHAT, GEMINI, RESPONSES
from scripts.fidelity.matrix import CODECS, answer_matrix, request_matrix
from scripts.fidelity.verdicts import Fate

HEAD = """\
# Fidelity

What becomes of every feature of every client dialect on its way to the Codex backend, or to a vendor's wire, and back.
Nothing here is claimed: each cell is found by sending a request that holds a mark, or encoding an answer that does, and
looking where the mark went. The tests fail where a feature is lost without a note. `/v1/fidelity` serves the same
tables as JSON.

A request to a vendor of the client's own dialect is passed on as it is, so that column tells what passes; what the
gateway writes anew (after a suffix of the model's name, for instance) is held to the same rule. The vendor is asked for
a model that its profile does not know; what a known vendor or model cannot take is left out, with a note.

| word | means |
|---|---|
| mapped | it arrives on the other side, in the words that side has for it |
| in another form | it arrives, told otherwise: as text, or as a nearby word |
| emulated | the gateway does it itself, since the upstream cannot |
| ignored with note | it has no effect, and `x-codex-proxy-notes` says so |
| lost with note | content or a constraint is lost; the notes say so, and with `strict` the request is refused |
| rejected | an error in the client's dialect names the field |
| no effect | the upstream does this by itself, so nothing is lost |
| - | the dialect has no such feature |
"""

CODEX_TITLE = "Requests to the Codex backend"
WIRES = {
    CHAT: "Requests to a vendor's Chat Completions",
    RESPONSES: "Requests to a vendor's Responses",
    ANTHROPIC: "Requests to a vendor's Messages",
    GEMINI: "Requests to a vendor's Gemini API",
}

Matrix = Mapping[str, Mapping[str, Fate]]


@cache
def fidelity_page() -> str:
    """``docs/fidelity.md``."""
    vendors = (_table(title, request_matrix(wire, passes=True)) for wire, title in WIRES.items())
    return "".join((HEAD, _table(CODEX_TITLE, request_matrix()), *vendors, _table("Answers", answer_matrix())))


@cache
def fidelity_document() -> str:
    """``{"requests": {feature: {dialect: fate}}, "vendors": {wire: {feature: ...}}, "answers": {feature: ...}}``."""
    vendors = {wire: request_matrix(wire, passes=True) for wire in WIRES}
    document = {"requests": request_matrix(), "vendors": vendors, "answers": answer_matrix()}
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def _table(title: str, matrix: Matrix) -> str:
    columns = " | ".join(CODECS)
    rows = (f"| {feature} | {_cells(fates)} |\n" for feature, fates in matrix.items())
    return f"\n## {title}\n\n| feature | {columns} |\n|---|{'---|' * len(CODECS)}\n{''.join(rows)}"


def _cells(fates: Mapping[str, Fate]) -> str:
    return " | ".join("-" if fates[dialect] is Fate.ABSENT else fates[dialect].value for dialect in CODECS)
