"""Stop strings."""

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.request import Dialect, Request, Sampling
from codex_proxy.gateway.attempts.stop import StopFilter
from codex_proxy.protocols.base import Step


def run(stops: tuple[str, ...], *pieces: str) -> tuple[str, StopFilter, list[ev.Event]]:
    request = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=(), sampling=Sampling(stop=stops))
    stop = StopFilter(request)
    whole = "".join(pieces)
    told: list[ev.Event] = [ev.TextStarted(block=0), *(ev.TextDelta(block=0, text=piece) for piece in pieces)]
    told += [ev.TextEnded(block=0, text=whole), ev.ResponseEnded(ending=ev.Completed())]
    out = [event for event in told for step in stop.apply([Step(None, (event,))]) for event in step.events]
    return "".join(event.text for event in out if isinstance(event, ev.TextDelta)), stop, out


@given(st.lists(st.text("abX", max_size=4), max_size=6), st.sampled_from(["X", "ab", "bXa"]))
def test_the_text_is_cut_before_the_first_stop_string_however_it_was_split(pieces: list[str], word: str) -> None:
    text, stop, out = run((word,), *pieces)
    whole = "".join(pieces)
    assert text == whole.split(word)[0]
    assert stop.cut is (word in whole)
    (ended,) = [event for event in out if isinstance(event, ev.TextEnded)]
    assert ended.text == text
    (end,) = [event for event in out if isinstance(event, ev.ResponseEnded)]
    assert end.ending == ev.Completed(stop_sequence=word if word in whole else None)


def test_of_several_the_earliest_cuts() -> None:
    assert run(("later", "soon"), "a soon b later")[0] == "a "


def test_a_cut_answer_has_an_estimated_usage() -> None:
    _, _, out = run(("X",), "some words X")
    assert any(isinstance(event, ev.UsageReported) for event in out)
