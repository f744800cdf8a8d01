"""A target with one model, and nothing else of interest."""

from typing import Any

from codex_proxy.canonical.target import ClientIdentity, Credential, ModelFacts, Profile, Target, UpstreamIdentity


def aimed_at(model: ModelFacts, **members: Any) -> Target:
    """A target for this model."""
    return Target(
        model=model,
        credential=Credential(token="key"),
        client=ClientIdentity(
            profile=Profile.CLI,
            engine_version="1",
            desktop_version="1",
            platform="p",
            arch="a",
            terminal="t",
            installation_id="i",
        ),
        identity=UpstreamIdentity(session_id="s", thread_id="t", turn_id="u"),
        now=1.0,
        **members,
    )
