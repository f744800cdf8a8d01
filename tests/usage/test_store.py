"""The port of usage: what it selects by is what records are told apart by (see tests/stores for the contract)."""

from codex_proxy.usage.records import Facts
from codex_proxy.usage.store import Dimension


def test_every_fact_of_an_exchange_is_a_dimension() -> None:
    assert {dimension.value for dimension in Dimension} == set(Facts.__struct_fields__)
