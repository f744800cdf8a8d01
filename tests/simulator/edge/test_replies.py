"""What the edge says."""

import pytest

from codex_proxy.canonical.failure import FailureKind
from codex_proxy.protocols.codex.failures import parse_failure
from codex_proxy.simulator.edge.replies import EDGE_REPLIES
from codex_proxy.simulator.sections.edge import EdgeAnswer


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (EdgeAnswer.CHALLENGE, FailureKind.CHALLENGE),
        (EdgeAnswer.REGION, FailureKind.REGION_BLOCKED),
        (EdgeAnswer.PATH_BLOCK, FailureKind.PATH_BLOCKED),
    ],
)
def test_a_09_each_is_told_apart_from_the_others(answer: EdgeAnswer, kind: FailureKind) -> None:
    reply = EDGE_REPLIES[answer]
    assert parse_failure(reply.status, dict(reply.headers), reply.body).kind is kind


def test_every_answer_has_a_reply() -> None:
    assert set(EDGE_REPLIES) == set(EdgeAnswer)
