"""The official SDKs of all five dialects behind one verb.

Rules of this file: no codec of ours; what an SDK cannot read is read tolerantly only where its accumulator knows less
than its API: chat streams with free-text tools.
"""

from types import TracebackType
from typing import Self

from codex_proxy.canonical.request import Dialect
from scripts.evidence.gemini.checking import expected_answer as read_gemini
from scripts.evidence.gemini.sdk import GeminiSdk
from scripts.evidence.ollama.sdk import OllamaSdk
from scripts.evidence.readers import oracle
from scripts.evidence.readers.answer import Answer
from scripts.evidence.readers.reading import Reading, Rejected
from scripts.evidence.readers.sdk import ScriptedSdk
from scripts.evidence.recording import Form, Recording


class Readers:
    """Opened with ``with``; every SDK talks to a transport in memory."""

    def __init__(self) -> None:
        self._openai, self._gemini, self._ollama = ScriptedSdk(), GeminiSdk(), OllamaSdk()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._openai.close()
        self._gemini.close()
        self._ollama.close()

    def recorded(self, recording: Recording) -> tuple[Answer, str]:
        """What the upstream said, and which reader says so; raises ``Rejected`` and the faults of the readers."""
        if recording.dialect is Dialect.GEMINI:
            return read_gemini(recording, self._gemini)
        if recording.dialect is Dialect.OLLAMA:
            generated = recording.endpoint.endswith("/generate")
            streamed = recording.form is Form.STREAM
            reading = self._ollama.read(recording.raw, streamed=streamed, generated=generated)
        else:
            reading = oracle.read(recording, self._openai)
        return reading.answer, reading.source

    def told(self, dialect: Dialect, content: bytes, *, streamed: bool) -> Reading:
        """What a client of this dialect reads in what we wrote; raises ``Rejected``."""
        if dialect is Dialect.GEMINI:
            return self._gemini.read(content, streamed=streamed)
        if dialect is Dialect.OLLAMA:
            return self._ollama.read(content, streamed=streamed)
        try:
            return oracle.read_official(dialect, content, self._openai, streamed=streamed)
        except Rejected:
            if dialect is not Dialect.OPENAI_CHAT or b'"custom"' not in content:
                raise
            return oracle.read_tolerantly(dialect, content, streamed=streamed)
