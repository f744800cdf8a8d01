"""The backend's prepared answers: as many marked tokens as asked for, whole chunks, one end."""

import json

from bench.upstream.answers import ANSWER_ID, MARK, chat_steps, responses_steps

END = b"0\r\n\r\n"


def events(steps: list[bytes]) -> list[dict[str, object]]:
    """What a client reads out of an answer, after undoing the chunks."""
    rest = b"".join(steps).partition(b"\r\n\r\n")[2]
    body = b""
    while rest != END:
        size, _, rest = rest.partition(b"\r\n")
        body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    texts = [line.removeprefix("data: ") for line in body.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(text) for text in texts if text != "[DONE]"]


def test_every_step_but_the_closing_text_holds_one_mark() -> None:
    assert [step.count(MARK) for step in chat_steps(5)] == [1, 1, 1, 1, 1]
    assert [step.count(MARK) for step in responses_steps(5)][:4] == [1, 1, 1, 1]


def test_the_answers_id_stands_in_every_chat_chunk_and_at_both_ends_of_a_response() -> None:
    assert all(ANSWER_ID.encode() in step for step in chat_steps(3))
    assert [ANSWER_ID.encode() in step for step in responses_steps(3)] == [True, False, True]


def test_a_responses_answer_counts_its_events_and_ends_with_the_whole_text() -> None:
    read = events(responses_steps(3))
    assert [event["sequence_number"] for event in read] == list(range(4 + 3 + 4))
    deltas = [event["delta"] for event in read if event["type"] == "response.output_text.delta"]
    done = next(event for event in read if event["type"] == "response.output_text.done")
    assert "".join(map(str, deltas)) == done["text"]
    assert read[-1]["type"] == "response.completed"


def test_a_chat_answer_has_a_role_its_tokens_a_finish_and_usage() -> None:
    assert len(events(chat_steps(3))) == 1 + 3 + 2
