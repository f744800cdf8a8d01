"""The two bodies of a refusal."""

import json

from codex_proxy.protocols.codex.strictness.refusal import detail, error, invalid_type, invalid_value, too_long


def test_the_front_door_answers_with_a_detail() -> None:
    reply = detail("no", status=403).reply
    assert (reply.status, json.loads(reply.body)) == (403, {"detail": "no"})


def test_the_model_service_answers_with_an_error() -> None:
    reply = error("no", code="bad", param="input").reply
    assert reply.status == 400
    assert json.loads(reply.body) == {
        "error": {"message": "no", "type": "invalid_request_error", "param": "input", "code": "bad"}
    }


def test_common_refusals_name_the_field_and_what_would_do() -> None:
    assert "'low', 'high'" in str(invalid_value("effort", "x", ("low", "high")))
    assert "expected an object" in str(invalid_type("text", "an object"))
    assert "maximum length 64, but got a string with length 65" in str(too_long("id", 64, 65))
