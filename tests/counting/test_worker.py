"""The counting process counts as its library does, and nothing keeps it once nobody needs it."""

import base64
import io
import subprocess
import sys

import bpe_openai
import pytest

from codex_proxy.counting.counter import WORKER_COMMAND
from codex_proxy.counting.process import start_worker
from codex_proxy.counting.wire import READY, Batch, Chunk, Counts, FrameReader, decode_counts, encode_frame
from codex_proxy.counting.worker import serve

TEXTS = [
    "",
    "hello world",
    "<|endoftext|> and <|im_start|>",
    "😀👩‍👩‍👧‍👦 émoji",
    "漢字かな混じり文",
    "def f(x):\n\treturn x ** 2\n" * 100,
    "\x00\r\n\u2028",
]
PAGES = b"<< /Type /Pages /Count 2 >> << /Type /Page >> <</Type/Page/Parent 1 0 R>> << /Type /PageLabel >>"

PARENT = """
import asyncio
from codex_proxy.counting.counter import WORKER_COMMAND
from codex_proxy.counting.process import start_worker

async def main():
    worker = await start_worker(WORKER_COMMAND)
    await worker.become_ready()
    print("ready", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def served(*batches: Batch) -> list[Counts]:
    """What ``serve`` answers; a character is a token."""
    replies = io.BytesIO()
    requests = io.BufferedReader(io.BytesIO(b"".join(map(encode_frame, batches))))
    serve(requests, replies, lambda text: range(len(text)))
    return [decode_counts(frame) for frame in FrameReader().feed(replies.getvalue())]


def test_it_says_that_it_is_ready_and_answers_each_batch_by_number() -> None:
    batches = (Batch(7, (Chunk("äö".encode()), Chunk(b""))), Batch(8, ()))
    assert served(*batches) == [READY, Counts(7, (2, 0)), Counts(8, ())]


@pytest.mark.parametrize(("content", "pages"), [(base64.b64encode(PAGES), 2), (b"", 0), (b"JVBER", 0)])
def test_pages_are_counted_by_their_objects(content: bytes, pages: int) -> None:
    assert served(Batch(1, (Chunk(content, is_pdf=True),))) == [READY, Counts(1, (pages,))]


def test_bytes_that_are_no_text_are_counted_all_the_same() -> None:
    assert served(Batch(1, (Chunk(b"a\xff"),))) == [READY, Counts(1, (2,))]


async def test_the_process_counts_as_the_library_does() -> None:
    encoding = bpe_openai.get_encoding("o200k_base")
    worker = await start_worker(WORKER_COMMAND)
    await worker.become_ready()
    counts = await worker.count([Chunk(text.encode()) for text in TEXTS])
    await worker.stop()
    assert list(counts) == [len(encoding.encode_ordinary(text)) for text in TEXTS]


def test_it_ends_without_a_word_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()
        _, words = parent.communicate()  # standard error is the worker's as well: it ends with the last of the two
    assert words == b""


def test_it_imports_nothing_of_the_gateway() -> None:
    program = "import sys, codex_proxy.counting.worker; print(*(m for m in sys.modules if m.startswith('codex_proxy')))"
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert set(told.split()) == {
        "codex_proxy",
        "codex_proxy.counting",
        "codex_proxy.counting.wire",
        "codex_proxy.counting.worker",
    }
