"""Parts, one by one."""

import pytest

from codex_proxy.protocols.gemini.answer.parts import EMPTY_TEXT, bare_text, code_parts, picture_part, signed, text_part


def test_text_and_thoughts() -> None:
    assert text_part("a") == {"text": "a"}
    assert text_part("a", thought=True) == {"text": "a", "thought": True}


def test_a_signature_changes_no_shared_part() -> None:
    assert signed(EMPTY_TEXT, "s") == {"text": "", "thoughtSignature": "s"}
    assert signed(EMPTY_TEXT, None) == {"text": ""}


@pytest.mark.parametrize(("form", "media_type"), [("webp", "image/webp"), (None, "image/png")])
def test_pictures(form: str | None, media_type: str) -> None:
    part = picture_part({"result": "aGk=", "output_format": form})
    assert part == {"inlineData": {"mimeType": media_type, "data": "aGk="}}
    assert picture_part({"output_format": form}) is None


@pytest.mark.parametrize(("status", "outcome"), [("completed", "OUTCOME_OK"), ("failed", "OUTCOME_FAILED")])
def test_code_and_what_it_printed(status: str, outcome: str) -> None:
    item = {"code": "1+1", "status": status, "outputs": [{"type": "logs", "logs": "2"}, {"type": "image"}]}
    assert code_parts(item) == [
        {"executableCode": {"language": "PYTHON", "code": "1+1"}},
        {"codeExecutionResult": {"outcome": outcome, "output": "2"}},
    ]
    assert code_parts({"outputs": None}) == []


@pytest.mark.parametrize(
    ("text", "bare"),
    [('"Drum"', "Drum"), (' "a\\"b"', 'a"b'), ("Drum", "Drum"), ('"Drum', '"Drum'), ("", ""), ('"a",1', '"a",1')],
)
def test_quotes_come_off_a_json_string(text: str, bare: str) -> None:
    assert bare_text(text) == bare
