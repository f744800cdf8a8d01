"""Who is told of other settings, and who is not."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from codex_proxy.bootstrap.live.followers import Followers
from codex_proxy.operations.settings.parts import CannotFollow, Configured
from codex_proxy.settings.schema import Settings


@dataclass(frozen=True)
class Told:
    in_force: Settings


def told(**members: Any) -> Configured:
    return cast("Configured", Told(Settings.model_validate({"auth": members})))


async def test_only_what_changed_is_told() -> None:
    followers, heard = Followers(Settings()), list[object]()

    async def later(value: object) -> None:
        heard.append(("later", value))

    followers.tell(lambda settings: settings.auth.queue_limit, heard.append)
    followers.tell(lambda settings: settings.auth.rotation_strategy, later)
    await followers.take(told(queue_limit=5))
    await followers.take(told(queue_limit=5))
    assert heard == [5]
    await followers.take(told(queue_limit=5, rotation_strategy="sticky"))
    assert heard == [5, ("later", "sticky")]
    assert followers.live.get().auth.rotation_strategy == "sticky"


async def test_who_may_refuse_is_asked_first_and_nothing_holds_then() -> None:
    followers, heard = Followers(Settings()), list[int]()

    async def refuse(_: str) -> None:
        raise CannotFollow("auth.rotation_strategy", "not now")

    followers.tell(lambda settings: settings.auth.queue_limit, heard.append)
    followers.ask(lambda settings: settings.auth.rotation_strategy, refuse)
    with pytest.raises(CannotFollow):
        await followers.take(told(queue_limit=5, rotation_strategy="sticky"))
    assert (heard, followers.live.get()) == ([], Settings())


async def test_settings_that_do_not_say_what_is_in_force_are_a_mistake() -> None:
    with pytest.raises(TypeError, match="does not say what is in force"):
        await Followers(Settings()).take(cast("Configured", object()))
