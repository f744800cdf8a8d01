"""What a gateway stands on."""

from dataclasses import fields

from codex_proxy.bootstrap.assembling.ground import Ground
from codex_proxy.bootstrap.secrecy.known import KnownSecrets


def test_no_two_gateways_of_a_process_share_their_secrets() -> None:
    (known,) = [each for each in fields(Ground) if each.name == "known"]
    make = known.default_factory
    assert callable(make)
    first, second = make(), make()
    assert isinstance(first, KnownSecrets)
    assert first is not second
