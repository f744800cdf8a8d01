"""Requests of real clients through our parsers: ``python -m scripts.captures_check DIR…``.

Parses every captured request to an endpoint we serve, and builds from those of the Responses family and of Gemini the
body that goes to the Codex backend, which must keep everything but the documented edits.  Prints a table by path, the
notes of what was dropped, every miss, and what is out of scope; exits 1 on a miss.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Weight
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.protocols.anthropic.client import AnthropicClient
from codex_proxy.protocols.anthropic.request.body import THREAD_CODE
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import InvalidRequest, ServerCodec, Unsupported, UpstreamCall
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from scripts.evidence.anthropic.captured import message_losses, native_losses
from scripts.evidence.captures import Capture, NotARequest, Scope, read_all
from scripts.evidence.codecs import CODEC_FAULTS
from scripts.evidence.fidelity import Building, build, losses
from scripts.evidence.gemini import captured as gemini
from scripts.evidence.ollama import captured as ollama
from scripts.evidence.report import print_table

_COLUMNS = ("path", "requests", "ok", "with lossy notes", "built for Codex", "misses")
_PARSED = frozenset({Scope.CHAT, Scope.RESPONSES, Scope.GEMINI, Scope.MESSAGES, Scope.OLLAMA})


@dataclass(slots=True, kw_only=True)
class Row:
    """What became of one request; ``built`` says that a body for the Codex backend was made from it."""

    capture: Capture
    notes: tuple[Note, ...] = ()
    built: bool = False
    redacted: str | None = None
    misses: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Findings:
    """Everything one run found."""

    rows: list[Row] = field(default_factory=list)
    others: list[Capture] = field(default_factory=list)
    skipped: list[NotARequest] = field(default_factory=list)

    @property
    def missed(self) -> list[Row]:
        """Requests that we refuse, or change beyond what is documented."""
        return [row for row in self.rows if row.misses]


@dataclass(frozen=True, slots=True, kw_only=True)
class Codecs:
    """What a request meets: parsers, and builders of calls to the Codex backend and to a vendor of its own dialect."""

    chat: ServerCodec = field(default_factory=ChatServer)
    responses: ServerCodec = field(default_factory=ResponsesServer)
    messages: ServerCodec = field(default_factory=AnthropicServer)
    codex: Building = field(default_factory=CodexClient)
    anthropic: Building = field(default_factory=AnthropicClient)

    def parser(self, capture: Capture) -> ServerCodec:
        """The one for this request."""
        if capture.dialect is Dialect.GEMINI:
            return gemini.codec_of(capture.target)
        if capture.dialect is Dialect.OLLAMA:
            return ollama.codec_of(capture.target)
        if capture.dialect is Dialect.ANTHROPIC:
            return self.messages
        return self.chat if capture.dialect is Dialect.OPENAI_CHAT else self.responses


def run(folders: Sequence[Path], codecs: Codecs) -> Findings:
    """Check every file."""
    findings = Findings()
    for read in read_all(folders):
        if isinstance(read, NotARequest):
            findings.skipped.append(read)
        elif read.scope in _PARSED:
            findings.rows.append(_check(read, codecs))
        else:
            findings.others.append(read)
    return findings


def _check(capture: Capture, codecs: Codecs) -> Row:
    row = Row(capture=capture)
    body = msgspec.json.encode(capture.body)
    try:
        parsed = codecs.parser(capture).parse_request(body, headers=capture.headers)
    except InvalidRequest as refusal:
        if capture.is_redacted(refusal.path):
            row.redacted = str(refusal)
        elif refusal.code == THREAD_CODE:
            row.redacted = f"{refusal} (documented; the client repeats it without one)"
        else:
            row.misses.append(f"refused: {refusal}")
        return row
    except CODEC_FAULTS as fault:
        row.misses.append(f"raised {fault!r}")
        return row
    row.notes = parsed.notes
    if capture.dialect is not Dialect.OPENAI_CHAT and not capture.target.endswith(
        ("/compact", ":countTokens", "/count_tokens")
    ):
        _build(row, parsed.request, codecs)
    return row


def _build(row: Row, request: Request, codecs: Codecs) -> None:
    row.built = True
    asked = row.capture.object
    try:
        call = build(codecs.codex, request)
        if request.dialect is Dialect.ANTHROPIC:
            row.misses += message_losses(asked, call)
            row.misses += native_losses(asked, build(codecs.anthropic, request))
        else:
            row.misses += _losses(asked, request, call)
    except Unsupported as refusal:
        row.misses.append(f"not built: {refusal}")
        return
    except CODEC_FAULTS as fault:
        row.misses.append(f"building raised {fault!r}")
        return
    row.notes += call.notes


def _losses(asked: JsonObject, request: Request, call: UpstreamCall) -> list[str]:
    match request.dialect:
        case Dialect.GEMINI:
            return gemini.losses(asked, call)
        case Dialect.OLLAMA:
            return ollama.losses(asked, call)
    return losses(asked, request, call)


def show(findings: Findings) -> None:
    """The table, then notes, misses and what was not checked."""
    paths = sorted({_place(row.capture) for row in findings.rows})
    print_table(_COLUMNS, [_counts(path, findings) for path in paths])
    for row in findings.rows:
        for miss in row.misses:
            print(f"MISS {row.capture.path.parent.name}/{row.capture.path.name} {row.capture.target}: {miss}")
        if row.redacted is not None:
            print(f"redacted: {row.capture.path.name}: {row.redacted}")
    notes = Counter(f"{note.weight} {note.verdict}: {note.path}" for row in findings.rows for note in row.notes)
    for note, count in sorted(notes.items()):
        print(f"note, {count} times: {note}")
    others = Counter(f"{capture.scope.value}: {_place(capture)}" for capture in findings.others)
    for other, count in sorted(others.items()):
        print(f"not parsed ({count}): {other}")
    skipped = Counter(f"{skipped.path.parent.name}: {skipped.reason}" for skipped in findings.skipped)
    for reason, count in sorted(skipped.items()):
        print(f"no request ({count}): {reason}")


def _place(capture: Capture) -> str:
    return f"{capture.method} {capture.target}"


def _counts(path: str, findings: Findings) -> list[str]:
    rows = [row for row in findings.rows if _place(row.capture) == path]
    lossy = sum(any(note.weight is Weight.LOSSY for note in row.notes) for row in rows)
    missed = sum(bool(row.misses) for row in rows)
    return [path, *map(str, (len(rows), len(rows) - missed, lossy, sum(row.built for row in rows), missed))]


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="requests of real clients through our parsers")
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    options = parser.parse_args()
    findings = run(options.folders, Codecs())
    show(findings)
    if not findings.rows:
        print("nothing was checked")
    return 1 if findings.missed or not findings.rows else 0


if __name__ == "__main__":
    sys.exit(main())
