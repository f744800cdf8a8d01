"""Files of accounts, written; and read again."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from codex_proxy.accounts.formats.reading import TextForm
from codex_proxy.accounts.formats.rows import RowState
from codex_proxy.accounts.formats.writing import ExportedAccount, ExportFormat, entry_of, file_name, file_of
from codex_proxy.accounts.lifecycle.status import AccountStatus
from codex_proxy.accounts.quota.buckets import Bucket, WindowReading
from codex_proxy.accounts.quota.counters import Tally, UsageCounters
from codex_proxy.accounts.quota.shown import QuotaFacts, shown_quota
from codex_proxy.accounts.record import AccountRecord, FingerprintMode, Identity, Secrets
from codex_proxy.operations.transfer.times import iso
from tests.accounts.formats.samples import DAY, ISSUER, NOW, REFRESH, WITH_STATE, account, identity_token, read, token

RECORD = AccountRecord(
    row_id="0123456789abcdef",
    identity=Identity(issuer=ISSUER, account_id="acc-1", user_id="user-1"),
    email="owner@example.invalid",
    plan="plus",
    label="mine",
    fingerprint_mode=FingerprintMode.SESSION,
    added_at=NOW - 2 * DAY,
    issued_at=NOW - DAY,
    expires_at=NOW + 9 * DAY,
    has_refresh_token=True,
)
SECRETS = Secrets(access_token=token(), refresh_token=REFRESH, client_key="codex-proxy-" + "0" * 48)
BUCKET = Bucket(limit_id="codex", primary=WindowReading(used_percent=25.0, window_seconds=18_000))
WHOLE = ExportedAccount(
    record=RECORD,
    secrets=SECRETS,
    status=AccountStatus.ACTIVE,
    usage=UsageCounters(total=Tally(request_count=5), last_used_at=NOW - 60),
    quota=shown_quota(QuotaFacts(buckets=(BUCKET,)), now=NOW),
    quota_at=NOW - 60,
    quota_doubtful=True,
    way="auto",
)
BARE = ExportedAccount(
    record=AccountRecord(row_id="00000000000000aa", identity=Identity(issuer=ISSUER), added_at=NOW),
    secrets=Secrets(refresh_token="rt_" + "b" * 40),
    status=AccountStatus.EXPIRED,
)
NO_REFRESH = ExportedAccount(
    record=msgspec.structs.replace(RECORD, label=None),
    secrets=Secrets(access_token=token()),
    status=AccountStatus.ACTIVE,
)


def written(accounts: Sequence[ExportedAccount], form: ExportFormat) -> Any:
    """The file's content."""
    entries = [entry_of(account, form, now=NOW, iso=iso) for account in accounts]
    return file_of([entry for entry in entries if entry is not None], form, now=NOW, iso=iso)


def told(form: ExportFormat, *accounts: ExportedAccount) -> Any:
    """The file as whoever reads it sees it."""
    return msgspec.json.decode(msgspec.json.encode(written(accounts, form)))


def test_the_full_form_is_the_entry_of_the_node_system_and_what_it_passes_over() -> None:
    [entry] = told(ExportFormat.FULL, WHOLE)["accounts"]
    usage, quota = entry.pop("usage"), entry.pop("cachedQuota")
    assert entry == {
        "id": "0123456789abcdef",
        "token": token(),
        "refreshToken": REFRESH,
        "email": "owner@example.invalid",
        "accountId": "acc-1",
        "userId": "user-1",
        "label": "mine",
        "codexFingerprintMode": "session",
        "planType": "plus",
        "proxyApiKey": "codex-proxy-" + "0" * 48,
        "status": "active",
        "addedAt": "2027-01-13T08:00:00.000Z",
        "quotaFetchedAt": "2027-01-15T07:59:00.000Z",
        "quotaVerifyRequired": True,
        "issuer": ISSUER,
        "proxyId": "auto",
    }
    assert (usage["request_count"], usage["last_used"]) == (5, "2027-01-15T07:59:00.000Z")
    assert quota["rate_limit"]["remaining_percent"] == 75.0


def test_what_is_unknown_of_an_account_is_null_in_the_full_form() -> None:
    [entry] = told(ExportFormat.FULL, BARE)["accounts"]
    assert (entry["token"], entry["refreshToken"]) == ("", "rt_" + "b" * 40)
    unknown = ("email", "accountId", "label", "planType", "proxyApiKey", "cachedQuota", "quotaFetchedAt")
    assert [entry[name] for name in unknown] == [None] * len(unknown)
    assert "proxyId" not in entry
    assert "idToken" not in entry


@pytest.mark.parametrize(
    ("status", "word"),
    [(AccountStatus.RATE_LIMITED, "active"), (AccountStatus.BANNED, "banned"), (AccountStatus.DISABLED, "disabled")],
)
def test_a_status_is_a_word_that_files_know(status: AccountStatus, word: str) -> None:
    [entry] = told(ExportFormat.FULL, msgspec.structs.replace(WHOLE, status=status))["accounts"]
    assert entry["status"] == word


def test_the_minimal_form_has_refresh_tokens_and_labels() -> None:
    accounts = told(ExportFormat.MINIMAL, WHOLE, BARE, NO_REFRESH)["accounts"]
    assert accounts == [{"refreshToken": REFRESH, "label": "mine"}, {"refreshToken": "rt_" + "b" * 40}]


def test_the_form_of_cockpit_tools_is_a_list_of_tokens() -> None:
    assert told(ExportFormat.COCKPIT_TOOLS, WHOLE, NO_REFRESH, BARE) == [
        {
            "access_token": token(),
            "refresh_token": REFRESH,
            "account_id": "acc-1",
            "last_refresh": "2027-01-14T08:00:00.000Z",
            "email": "owner@example.invalid",
            "type": "codex",
            "expired": "2027-01-24T08:00:00.000Z",
        },
        {
            "access_token": token(),
            "account_id": "acc-1",
            "last_refresh": "2027-01-14T08:00:00.000Z",
            "email": "owner@example.invalid",
            "type": "codex",
            "expired": "2027-01-24T08:00:00.000Z",
        },
        {
            "access_token": "",
            "refresh_token": "rt_" + "b" * 40,
            "last_refresh": "2027-01-15T08:00:00.000Z",
            "type": "codex",
        },
    ]


def test_cpa_has_one_token_by_itself_and_several_in_a_list() -> None:
    one, several = told(ExportFormat.CPA, WHOLE), told(ExportFormat.CPA, WHOLE, BARE)
    assert [one, *several[1:]] == told(ExportFormat.COCKPIT_TOOLS, WHOLE, BARE)
    assert told(ExportFormat.CPA) == []


def test_the_form_of_sub2api() -> None:
    file = told(ExportFormat.SUB2API, WHOLE, BARE)
    credentials = {
        "access_token": token(),
        "refresh_token": REFRESH,
        "email": "owner@example.invalid",
        "chatgpt_account_id": "acc-1",
        "chatgpt_user_id": "user-1",
        "plan_type": "plus",
        "expires_at": "2027-01-24T08:00:00.000Z",
        "quota_remaining_percent": 75.0,
    }
    seat = {"platform": "openai", "type": "oauth", "concurrency": 0, "priority": 0}
    bare = {"access_token": "", "refresh_token": "rt_" + "b" * 40}
    assert file == {
        "exported_at": "2027-01-15T08:00:00Z",
        "proxies": [],
        "accounts": [
            seat | {"name": "mine", "credentials": credentials},
            seat | {"name": "00000000000000aa", "credentials": bare},
        ],
        "type": "sub2api-data",
        "version": 1,
    }


@pytest.mark.parametrize("form", ExportFormat)
def test_whatever_is_written_is_read_again(form: ExportFormat) -> None:
    content = msgspec.json.encode(written([WHOLE, BARE], form))
    for told_form in TextForm:
        rows = [account(row) for row in read(content, told_form).rows]
        secrets = [row.grant.secrets for row in rows]
        access = None if form is ExportFormat.MINIMAL else token()
        assert secrets == [Secrets(access_token=access, refresh_token=REFRESH), BARE.secrets]
        has_label = form not in {ExportFormat.COCKPIT_TOOLS, ExportFormat.CPA}
        assert rows[0].label == ("mine" if has_label else None)


def test_a_full_export_brings_everything_back() -> None:
    whole = msgspec.structs.replace(
        WHOLE, secrets=msgspec.structs.replace(SECRETS, id_token=identity_token()), status=AccountStatus.DISABLED
    )
    content = msgspec.json.encode(written([whole], ExportFormat.FULL))
    [row] = read(content, rules=WITH_STATE).rows
    grant, state = account(row).grant, account(row).state
    assert (grant.identity, grant.email, grant.plan) == (RECORD.identity, RECORD.email, RECORD.plan)
    assert grant.secrets == msgspec.structs.replace(whole.secrets, client_key=None)
    assert state == RowState(
        enabled=False,
        fingerprint_mode=FingerprintMode.SESSION,
        counters=WHOLE.usage,
        way="auto",
        client_key=SECRETS.client_key,
    )


@pytest.mark.parametrize(
    ("form", "name"),
    [
        (ExportFormat.FULL, "accounts-export-2027-01-15.json"),
        (ExportFormat.MINIMAL, "accounts-export-minimal-2027-01-15.json"),
        (ExportFormat.COCKPIT_TOOLS, "accounts-export-cockpit_tools-2027-01-15.json"),
    ],
)
def test_a_file_is_named_by_its_form_and_day(form: ExportFormat, name: str) -> None:
    assert file_name(form, now=NOW, iso=iso) == name
