"""Scopes of client keys."""

import pytest

from codex_proxy.access.keys import ADMIN, INFERENCE
from codex_proxy.access.scopes import GRANTABLE, Scope, has_scope


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_is_had_by_name_or_with_all_of_inference(scope: Scope) -> None:
    assert has_scope({scope.value}, scope)
    assert has_scope({INFERENCE}, scope)
    assert not has_scope({other.value for other in Scope if other is not scope}, scope)
    assert not has_scope({ADMIN}, scope)


def test_s_07_nothing_that_is_handed_out_is_the_admin_scope() -> None:
    assert not has_scope(GRANTABLE, ADMIN)
    assert has_scope({ADMIN}, ADMIN)
