"""Counting processes that need no vocabulary: a byte is a token, and some texts do harm."""

import sys
from pathlib import Path

from codex_proxy.canonical.blocks import DataSource, File, Text
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.usage.counting.plan import Passage, PassageKind, plan_of

PROGRAM = """
import os, sys, time
from pathlib import Path
from codex_proxy.counting.wire import READY, Counts, FrameReader, decode_batch, encode_frame

diary = Path(sys.argv[1])

def note(word):
    with diary.open("a") as lines:
        lines.write(word + "\\n")

def harm(text):
    if b"die once" in text and "died" not in diary.read_text():
        note("died")
        os._exit(1)
    if b"die always" in text:
        os._exit(1)
    if b"hang" in text:
        time.sleep(60)
    if b"babble" in text:
        os.write(1, encode_frame(READY)[:4] + b"\\xc1" * 8)

note("started")
os.write(1, encode_frame(READY))
frames = FrameReader()
while piece := os.read(0, 65536):
    for frame in frames.feed(piece):
        batch = decode_batch(frame)
        for chunk in batch.chunks:
            harm(chunk.content)
        note(f"counted {len(batch.chunks)}")
        os.write(1, encode_frame(Counts(batch.number, tuple(len(chunk.content) for chunk in batch.chunks))))
note("ended")
"""


def stand_in(diary: Path) -> tuple[str, ...]:
    """The command; the process notes in ``diary`` what happens to it."""
    diary.touch()
    return (sys.executable, "-P", "-c", PROGRAM, str(diary))


def passages(*texts: str) -> tuple[Passage, ...]:
    """A passage for each text."""
    turns = tuple(Turn(role=Role.USER, blocks=(Text(text=text),)) for text in texts)
    return plan_of(Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=turns)).passages


def pdf_passage(base64_text: str) -> Passage:
    """The passage of a PDF."""
    document = File(source=DataSource(media_type="application/pdf", data=base64_text))
    (passage,) = plan_of(
        Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=(Turn(role=Role.USER, blocks=(document,)),))
    ).passages
    assert passage.kind is PassageKind.PDF
    return passage
