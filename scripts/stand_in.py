"""An account that is nobody's, for calls to the Codex backend that are built and never sent.

Rules of this file: its ids have the form of real ones, so that what looks at the form meets nothing unusual.
"""

from codex_proxy.canonical.target import ClientIdentity, Credential, ModelFacts, Profile, Target, UpstreamIdentity

_CONVERSATION = "0198c0de-0000-7000-8000-000000000002"


def stand_in_target(model: ModelFacts, *, effort: str | None = None, service_tier: str | None = None) -> Target:
    """The target of a call for this model; ``effort`` and ``service_tier`` are the gateway's choices."""
    return Target(
        model=model,
        effort=effort,
        service_tier=service_tier,
        credential=Credential(token="none", account_id="none"),
        client=ClientIdentity(
            profile=Profile.DESKTOP,
            engine_version="0.169.0",
            desktop_version="1.0",
            platform="Debian 12.0.0",
            arch="x86_64",
            terminal="xterm",
            installation_id="0198c0de-0000-7000-8000-000000000001",
        ),
        identity=UpstreamIdentity(
            session_id=_CONVERSATION, thread_id=_CONVERSATION, turn_id="0198c0de-0000-7000-8000-000000000003"
        ),
        now=1_790_000_000.0,
    )
