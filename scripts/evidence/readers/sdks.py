"""The official SDKs of all five dialects behind one verb each.

Rules of this file: no codec of ours; what an SDK cannot read is read tolerantly only where its accumulator knows less
than its API: chat streams with free-text tools.
"""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from codex_proxy.canonical.request import Dialect
from scripts.evidence.gemini.sdk import GeminiSdk
from scripts.evidence.ollama.sdk import OllamaSdk
from scripts.evidence.readers import oracle
from scripts.evidence.readers.reading import Raised, Reading, Rejected
from scripts.evidence.readers.sdk import ScriptedSdk
from scripts.evidence.recording import Recording


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

    def recorded(self, recording: Recording) -> Reading:
        """What the upstream said; raises ``Rejected`` and the faults of the readers."""
        if recording.dialect is Dialect.GEMINI:
            return self._gemini.recorded(recording)
        if recording.dialect is Dialect.OLLAMA:
            return self._ollama.recorded(recording)
        return oracle.read(recording, self._openai)

    def told(self, dialect: Dialect, content: bytes, *, streamed: bool, generated: bool = False) -> Reading:
        """What a client of this dialect reads in what we wrote; raises ``Rejected``.

        ``generated`` says that an Ollama client asked ``/api/generate``.
        """
        if dialect is Dialect.GEMINI:
            return self._gemini.read(content, streamed=streamed)
        if dialect is Dialect.OLLAMA:
            return self._ollama.read(content, streamed=streamed, generated=generated)
        try:
            return oracle.read_official(dialect, content, self._openai, streamed=streamed)
        except Rejected:
            if dialect is not Dialect.OPENAI_CHAT or b'"custom"' not in content:
                raise
            return oracle.read_tolerantly(dialect, content, streamed=streamed)

    def raised(self, dialect: Dialect, status: int, content: bytes, headers: Iterable[tuple[str, str]]) -> Raised:
        """The exception that an HTTP error raises in a client; raises ``Rejected`` if it raises none."""
        if dialect is Dialect.GEMINI:
            return self._gemini.error_of(status, content, headers)
        if dialect is Dialect.OLLAMA:
            return self._ollama.error_of(status, content, headers)
        sdk = self._openai.messages if dialect is Dialect.ANTHROPIC else self._openai
        return sdk.error_of(status, content, headers)
