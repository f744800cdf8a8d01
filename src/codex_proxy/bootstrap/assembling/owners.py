"""What a gateway's owner has to do with beside the data plane: keys, logins, ways out, usage, the log, updates.

Rules of this file: objects are made here, rules are elsewhere.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from codex_proxy.access.pricing import Pricing
from codex_proxy.bootstrap.accounts.egress import EgressServices, egress_services
from codex_proxy.bootstrap.accounts.logins import Logins, logins
from codex_proxy.bootstrap.assembling.ground import Ground
from codex_proxy.bootstrap.client_keys.services import GrantedKeyGround, GrantedKeyServices, granted_key_services
from codex_proxy.bootstrap.health.measures import Measures, make_measures
from codex_proxy.bootstrap.outgoing.own_updates import OwnUpdates
from codex_proxy.bootstrap.outgoing.updates import Updates, update_watch
from codex_proxy.bootstrap.outgoing.upstream import Upstream
from codex_proxy.bootstrap.outgoing.vendors import vendor_calls
from codex_proxy.bootstrap.request_log.services import LogGround, RequestLog, make_request_log
from codex_proxy.bootstrap.usage.services import UsageGround, UsageServices, usage_services
from codex_proxy.bootstrap.vendors.keys import VendorKeyGround, VendorKeyServices, profiles_of, vendor_key_services
from codex_proxy.operations.jobs_book import JobBook
from codex_proxy.operations.metrics.records import RecordStandings, Standing
from codex_proxy.operations.usage_stats.exchanges import cost_of
from codex_proxy.usage.prices.table import DatedPrices

CONTROL_PREFIXES: Final = ("/health/details", "/metrics", "/openapi", "/admin/", "/auth/", "/api/proxies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owners:
    """What the owner has to do with beside the data plane."""

    logins: Logins
    egress: EgressServices
    vendor_keys: VendorKeyServices
    client_keys: GrantedKeyServices
    jobs: JobBook
    usage: UsageServices
    measures: Measures
    updates: Updates
    own_updates: OwnUpdates
    log: RequestLog


def make_owners(ground: Ground, upstream: Upstream) -> Owners:
    """All of it.

    Raises:
        StartRefused: the owner's prices cannot be used.
    """
    vendor_keys, usage = _vendor_keys(ground, upstream), _usage(ground)
    log = _request_log(ground, upstream, usage.prices)
    measures = make_measures(upstream, vendor_keys, report_defect=ground.report_defect, redact=ground.known.redact)
    client_keys = _client_keys(ground, usage.prices)
    measures.book.add(_records(usage, log, client_keys))
    return Owners(
        logins=logins(upstream.accounts, allowed=lambda: ground.followers.live.get().auth.chatgpt_oauth),
        egress=egress_services(
            upstream.accounts,
            keeper=ground.book,
            overriding=ground.book.configured.overriding,
            check_url=lambda: ground.followers.live.get().tls.health_check_url,
        ),
        vendor_keys=vendor_keys,
        client_keys=client_keys,
        jobs=JobBook(clock=ground.clock, new_id=lambda: secrets.token_hex(8), complain=ground.report_trouble),
        usage=usage,
        measures=measures,
        updates=update_watch(ground.settings, upstream, data_dir=ground.data_dir, complain=ground.report_trouble),
        own_updates=OwnUpdates(
            settings=ground.settings.update,
            prereleases=lambda: ground.followers.live.get().update.allow_prerelease,
            upstream=upstream,
            data_dir=ground.data_dir,
        ),
        log=log,
    )


def _usage(ground: Ground) -> UsageServices:
    return usage_services(
        UsageGround(
            live=ground.followers.live,
            store=ground.stores.usage,
            data_dir=ground.data_dir,
            clock=ground.clock,
            complain=ground.report_trouble,
            redact=ground.known.redact,
        )
    )


def _records(usage: UsageServices, log: RequestLog, client_keys: GrantedKeyServices) -> RecordStandings:
    recorder = usage.recorder

    def of_usage() -> Standing:
        return Standing(lost_count=recorder.state.lost_count, waiting_count=recorder.state.waiting_count)

    return RecordStandings(
        {
            "usage": of_usage,
            "log": lambda: Standing(lost_count=log.queue.dropped_count),
            "spending": lambda: Standing(lost_count=client_keys.ledger.lost_count),
        }
    )


def _request_log(ground: Ground, upstream: Upstream, prices: DatedPrices) -> RequestLog:
    return make_request_log(
        LogGround(
            live=ground.followers.live,
            keeper=ground.book,
            data_dir=ground.data_dir,
            known=ground.known,
            clock=ground.clock,
            explain=upstream.selection.explanations.explain,
            skips=CONTROL_PREFIXES,
            complain=ground.report_trouble,
            cost_of=lambda record: cost_of(record, prices),
        )
    )


def _vendor_keys(ground: Ground, upstream: Upstream) -> VendorKeyServices:
    book = upstream.accounts.ground.book
    return vendor_key_services(
        VendorKeyGround(
            settings=ground.settings,
            stores=ground.stores,
            data_dir=ground.data_dir,
            profiles=profiles_of(ground.settings),
            configured=ground.configured_vendor_keys,
            calls=vendor_calls(ground.settings, book, monotonic=ground.clock.monotonic),
            clock=ground.clock,
            complain=ground.report_trouble,
        )
    )


def _client_keys(ground: Ground, pricing: Pricing) -> GrantedKeyServices:
    return granted_key_services(
        GrantedKeyGround(
            live=ground.followers.live,
            stores=ground.stores,
            ring=ground.keys.granted,
            pricing=pricing,
            clock=ground.clock,
            complain=ground.report_trouble,
        )
    )
