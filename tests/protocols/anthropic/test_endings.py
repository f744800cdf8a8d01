import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.protocols.anthropic.endings import ending_of, stop_reason, unworded


@pytest.mark.parametrize(
    ("ending", "called", "refused", "told"),
    [
        (ev.Completed(), False, False, ("end_turn", None)),
        (ev.Completed(), True, False, ("tool_use", None)),
        (ev.Completed(), True, True, ("refusal", None)),
        (ev.Completed(stop_sequence="END"), True, False, ("stop_sequence", "END")),
        (ev.Incomplete(reason="max_output_tokens"), True, False, ("max_tokens", None)),
        (ev.Incomplete(reason="content_filter"), False, False, ("refusal", None)),
        (ev.Incomplete(reason="max_messages"), False, False, ("pause_turn", None)),
        (ev.Incomplete(reason="steered"), False, False, ("end_turn", None)),
        (ev.Incomplete(reason="brand_new"), False, False, ("max_tokens", None)),
    ],
)
def test_how_an_answer_ends(
    ending: ev.Completed | ev.Incomplete, called: bool, refused: bool, told: tuple[str, str | None]
) -> None:
    assert stop_reason(ending, called=called, refused=refused) == told


def test_reasons_without_a_word() -> None:
    assert unworded(ev.Incomplete(reason="brand_new")) == "brand_new"
    assert unworded(ev.Incomplete(reason="steered")) is unworded(ev.Completed()) is None


@pytest.mark.parametrize(
    ("reason", "meant"),
    [
        ("end_turn", ev.Completed()),
        ("tool_use", ev.Completed()),
        ("stop_sequence", ev.Completed(stop_sequence="END")),
        ("max_tokens", ev.Incomplete(reason="max_output_tokens")),
        ("model_context_window_exceeded", ev.Incomplete(reason="max_output_tokens")),
        ("refusal", ev.Incomplete(reason="content_filter")),
        ("pause_turn", ev.Incomplete(reason="max_messages")),
        ("compaction", ev.Incomplete(reason="compaction")),
    ],
)
def test_what_a_vendors_stop_reason_means(reason: str, meant: ev.Ending) -> None:
    assert ending_of(reason, "END") == meant


def test_a_whole_answer_was_not_cut_whatever_the_vendor_says_beside_it() -> None:
    assert ending_of("end_turn", "END") == ev.Completed()
    assert ending_of("stop_sequence", 7) == ev.Completed()
