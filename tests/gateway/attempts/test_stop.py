"""Stop strings."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.canonical.request import Dialect, Request, Sampling
from codex_proxy.gateway.attempts.stop import StopFilter
from codex_proxy.protocols.base import Step

END = ev.ResponseEnded(ending=ev.Completed())


def filtered(stops: tuple[str, ...], told: Sequence[ev.Event]) -> tuple[StopFilter, list[ev.Event]]:
    request = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=(), sampling=Sampling(stop=stops))
    stop = StopFilter(request)
    return stop, [event for event in told for step in stop.apply([Step(None, (event,))]) for event in step.events]


def block(number: int, *pieces: str) -> list[ev.Event]:
    deltas = [ev.TextDelta(block=number, text=piece) for piece in pieces]
    return [ev.TextStarted(block=number), *deltas, ev.TextEnded(block=number, text="".join(pieces))]


def text_of(events: Sequence[ev.Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, ev.TextDelta))


def ends_of(events: Sequence[ev.Event]) -> list[tuple[int, str]]:
    return [(event.block, event.text) for event in events if isinstance(event, ev.TextEnded)]


def run(stops: tuple[str, ...], *pieces: str) -> tuple[str, StopFilter, list[ev.Event]]:
    stop, out = filtered(stops, [*block(0, *pieces), END])
    return text_of(out), stop, out


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


def test_a_stop_string_may_begin_in_one_block_and_end_in_another() -> None:
    stop, out = filtered(("END",), [*block(0, "one E"), *block(1, "N"), *block(2, "D two"), END])
    assert (stop.cut, text_of(out), ends_of(out)) == (True, "one ", [(0, "one ")])
    assert [event.block for event in out if isinstance(event, ev.TextStarted)] == [0]


def test_what_only_looked_like_one_is_told_in_its_order() -> None:
    cited = ev.AnnotationAdded(block=0, annotation=Annotation(kind="url_citation"))
    first = [*block(0, "one E")[:-1], cited, ev.TextEnded(block=0, text="one E")]
    told = [*first, *block(1, "Nothing"), END]
    stop, out = filtered(("END",), told)
    assert (stop.cut, text_of(out), ends_of(out)) == (False, "one ENothing", [(0, "one E"), (1, "Nothing")])
    assert out.index(cited) < out.index(ev.TextEnded(block=0, text="one E")) < out.index(ev.TextStarted(block=1))


def test_what_stands_between_two_blocks_parts_their_texts() -> None:
    call: list[ev.Event] = [
        ev.ToolCallStarted(block=1, call_id="c", name="f"),
        ev.ToolCallDelta(block=1, text="END"),
        ev.ToolCallEnded(block=1, arguments="END"),
    ]
    told = [*block(0, "one E"), *call, *block(2, "ND"), END]
    stop, out = filtered(("END",), told)
    assert not stop.cut
    assert [event for event in out if not isinstance(event, ev.TextDelta)] == [
        event for event in told if not isinstance(event, ev.TextDelta)
    ]


def test_counters_are_not_held_back() -> None:
    limits = ev.RateLimitsObserved(snapshot=RateLimitSnapshot())
    stop, out = filtered(("END",), [ev.TextStarted(block=0), ev.TextDelta(block=0, text="E"), limits])
    assert (stop.cut, out) == (False, [ev.TextStarted(block=0), limits])


@given(st.lists(st.lists(st.text("abX", max_size=3), max_size=3), max_size=4), st.sampled_from(["X", "ab", "bXa"]))
def test_blocks_do_not_matter_and_all_that_began_ends(blocks: list[list[str]], word: str) -> None:
    told = [event for number, pieces in enumerate(blocks) for event in block(number, *pieces)]
    stop, out = filtered((word,), [*told, END])
    whole = "".join(piece for pieces in blocks for piece in pieces)
    assert text_of(out) == whole.split(word)[0]
    assert stop.cut is (word in whole)
    assert [event.block for event in out if isinstance(event, ev.TextStarted)] == [number for number, _ in ends_of(out)]
    assert "".join(text for _, text in ends_of(out)) == text_of(out)
    assert isinstance(out[-1], ev.ResponseEnded)
