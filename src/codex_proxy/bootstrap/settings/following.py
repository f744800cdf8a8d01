"""Which parts follow which settings.

Rules of this file: objects are made here, rules are elsewhere.  Parts that ask for the settings in force anew each time
(``Followers.live``) are not named here.
"""

from dataclasses import dataclass

from codex_proxy.accounts.choice.need import ChoicePolicy
from codex_proxy.bootstrap.accounts.services import egress_policy, refresh_policy
from codex_proxy.bootstrap.bridge.ollama import bridge_settings
from codex_proxy.bootstrap.live.followers import Followers
from codex_proxy.bootstrap.logs import Level, Style, configure_logs
from codex_proxy.bootstrap.models.lists import custom_models
from codex_proxy.bootstrap.outgoing.client import timeouts_of
from codex_proxy.bootstrap.outgoing.updates import Updates, configured_versions, update_policy
from codex_proxy.bootstrap.outgoing.upstream import Upstream, choice_policy, queue_policy
from codex_proxy.bootstrap.outgoing.vendors import VendorCalls
from codex_proxy.bootstrap.request_log.services import RequestLog, policy_of
from codex_proxy.bootstrap.secrecy.known import KnownSecrets
from codex_proxy.bootstrap.secrecy.owned import secrets_of_settings
from codex_proxy.bootstrap.settings.owners_key import OWNERS_KEY, TOO_WEAK, is_too_weak, warn_of
from codex_proxy.gateway.selection import QueuePolicy
from codex_proxy.operations.catalogue.lists import ModelLists
from codex_proxy.operations.egress.book import EgressPolicy
from codex_proxy.operations.egress.checks import ProxyChecks
from codex_proxy.operations.ollama_bridge import BridgeSettings, CannotOpen, OllamaBridge, RemoteNotAllowed
from codex_proxy.operations.settings.parts import CannotFollow
from codex_proxy.operations.updates.watch import UpdatePolicy
from codex_proxy.settings.schema import ClientSection, Settings
from codex_proxy.transports.clients import Timeouts


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowingParts:
    """Parts that keep a value of their own."""

    upstream: Upstream
    lists: ModelLists
    checks: ProxyChecks
    vendor_calls: VendorCalls
    updates: Updates
    log: RequestLog
    bridge: OllamaBridge
    known: KnownSecrets


def follow_settings(followers: Followers, parts: FollowingParts) -> None:
    """Let the parts follow the settings from now on."""
    followers.tell(lambda settings: tuple(secrets_of_settings(settings)), parts.known.learn_all)
    _who_may_refuse(followers, parts)
    _choices(followers, parts)
    _ways_out(followers, parts)
    followers.tell(lambda settings: custom_models(settings.model.custom_models), parts.lists.change_custom)
    followers.tell(lambda settings: policy_of(settings.logs), parts.log.switch.follow)
    followers.tell(_shown, lambda shown: configure_logs(shown[0], level=shown[1], known=parts.known))


def _who_may_refuse(followers: Followers, parts: FollowingParts) -> None:
    async def owners_key(secret: str | None) -> None:
        if is_too_weak(secret, host=followers.live.get().server.host):  # where we listen now, whatever is configured
            raise CannotFollow(OWNERS_KEY, TOO_WEAK)
        warn_of(secret)

    async def bridge(settings: BridgeSettings) -> None:
        try:
            await parts.bridge.follow(settings)
        except RemoteNotAllowed as error:
            raise CannotFollow("ollama.host", str(error)) from error
        except CannotOpen as error:
            raise CannotFollow("ollama.port", str(error)) from error

    followers.ask(lambda settings: settings.server.proxy_api_key, owners_key)
    followers.ask(lambda settings: bridge_settings(settings.ollama), bridge)


def _choices(followers: Followers, parts: FollowingParts) -> None:
    accounts = parts.upstream.accounts

    def choice(policy: ChoicePolicy) -> None:
        parts.upstream.pool.policy = policy

    def queue(policy: QueuePolicy) -> None:
        parts.upstream.selection.queue = policy

    followers.tell(choice_policy, choice)
    followers.tell(queue_policy, queue)
    followers.tell(lambda settings: refresh_policy(settings.auth), accounts.refresher.change_policy)
    followers.tell(lambda settings: settings.quota.concurrency, accounts.queries.change_concurrency)


def _ways_out(followers: Followers, parts: FollowingParts) -> None:
    ground = parts.upstream.accounts.ground

    def egress(policy: EgressPolicy) -> None:
        ground.book.change_policy(policy)
        ground.watch.tell()

    def interval(minutes: int) -> None:
        parts.checks.interval_minutes = minutes

    async def timeouts(each: Timeouts) -> None:
        await parts.upstream.http.change_timeouts(each)
        await parts.vendor_calls.change_timeouts(each)

    async def protocol(http11_only: bool) -> None:  # noqa: FBT001 - the setting's value
        for clients in (ground.clients, parts.vendor_calls.clients):
            await clients.change_protocol(http11_only=http11_only)

    async def client(settings: tuple[ClientSection, UpdatePolicy]) -> None:
        section, policy = settings
        parts.upstream.client.present(section)
        await parts.updates.watch.follow(configured_versions(section), policy)

    followers.tell(egress_policy, egress)
    followers.tell(lambda settings: settings.egress.check_interval_minutes, interval)
    followers.tell(timeouts_of, timeouts)
    followers.tell(lambda settings: settings.tls.force_http11, protocol)
    followers.tell(lambda settings: (settings.client, update_policy(settings)), client)


def _shown(settings: Settings) -> tuple[Style, Level]:
    """How log lines are written, and which."""
    return settings.logs.format, settings.logs.level
