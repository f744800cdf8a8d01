from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.protocols.parts.answers.telling import Telling
from codex_proxy.protocols.parts.legality import Grammar


class Whisper(Telling):
    """A dialect of one word and its end, without calls."""

    def __init__(self) -> None:
        super().__init__(Grammar(start="word", finish=frozenset({"end"})))

    def say(self, *words: str) -> list[bool]:
        return [self._legality.accept(word) for word in words]

    def skip(self, name: str) -> None:
        self._drop(f"call of {name}", "has no place here", Weight.LOSSY)


def test_what_could_not_be_said_is_noted_once() -> None:
    stream = Whisper()
    for name in ("ls", "cat", "ls"):
        stream.skip(name)
    assert stream.notes == tuple(
        Note(path=f"call of {name}", verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail="has no place here")
        for name in ("ls", "cat")
    )


def test_what_the_grammar_refuses_counts_as_a_repair() -> None:
    stream = Whisper()
    assert (stream.say("word", "end"), stream.repairs) == ([True, True], 0)
    assert (stream.say("word"), stream.repairs) == ([False], 1)


def test_two_streams_share_nothing() -> None:
    first, second = Whisper(), Whisper()
    first.skip("ls")
    assert (second.notes, second.content_type) == ((), "text/event-stream; charset=utf-8")
