"""The control plane's rows: the owner's interface, the login to it, and the page that sets the first password.

Rules of this file: data; see ``rules``.  A GET that changes something says so, and is a login's.
"""

from typing import Final

from codex_proxy.access.matrix.rules import (
    CHANGE,
    CHANGE_SECRETS,
    LOOK,
    OPEN_CHANGE,
    OPEN_READ,
    READ,
    REVEAL,
    Route,
    Rule,
    Rules,
)

_ACCOUNT: Final = "/auth/accounts/{row_id}"
_VENDOR_KEY: Final = "/auth/api-keys/{entry_id}"
_CLIENT_KEY: Final = "/admin/client-keys/{key_id}"
_SETTINGS_GROUPS: Final = ("rotation", "general", "quota", "ollama")
_PROXY: Final = "/api/proxies/{proxy_id}"

_DASHBOARD: Final[dict[Route, Rule]] = {
    ("GET", "/auth/setup"): OPEN_READ,
    ("GET", "/auth/setup/setup.js"): OPEN_READ,
    ("GET", "/auth/setup/setup.css"): OPEN_READ,
    ("GET", "/auth/dashboard-status"): OPEN_READ,
    ("POST", "/auth/dashboard-setup"): OPEN_CHANGE,
    ("POST", "/auth/dashboard-login"): OPEN_CHANGE,
    ("POST", "/auth/dashboard-logout"): OPEN_CHANGE,
    ("POST", "/auth/dashboard-sudo"): CHANGE,
    ("POST", "/admin/dashboard-password"): CHANGE_SECRETS,
    ("POST", "/admin/dashboard-setup-link"): CHANGE_SECRETS,
    ("POST", "/admin/dashboard-totp"): CHANGE_SECRETS,
    ("POST", "/admin/dashboard-totp/confirm"): CHANGE_SECRETS,
    ("DELETE", "/admin/dashboard-totp"): CHANGE_SECRETS,
    ("GET", "/admin/sessions"): READ,
    ("DELETE", "/admin/sessions"): CHANGE,
    ("DELETE", "/admin/sessions/{session_id}"): CHANGE,
    ("GET", "/admin/audit"): READ,
    ("GET", "/admin/audit/verify"): READ,
}

_ACCOUNTS: Final[dict[Route, Rule]] = {
    ("GET", "/auth/status"): READ,
    ("GET", "/auth/login"): CHANGE,
    ("GET", "/auth/accounts/login"): CHANGE,
    ("GET", "/auth/callback"): OPEN_READ,  # the issuer's page leads here; its state is the credential
    ("POST", "/auth/login-start"): CHANGE,
    ("POST", "/auth/login-status"): LOOK,
    ("POST", "/auth/login-cancel"): CHANGE,
    ("POST", "/auth/code-relay"): CHANGE,
    ("POST", "/auth/device-login"): CHANGE,
    ("GET", "/auth/device-poll/{device_code}"): LOOK,
    ("POST", "/auth/device-poll/{device_code}"): LOOK,
    ("POST", "/auth/token"): CHANGE,
    ("POST", "/auth/import-cli"): CHANGE,
    ("POST", "/auth/logout"): CHANGE,
    ("GET", "/auth/accounts"): READ,
    ("POST", "/auth/accounts"): CHANGE,
    ("POST", "/auth/accounts/import"): CHANGE,
    ("GET", "/auth/accounts/export"): REVEAL,
    ("POST", "/auth/accounts/batch-status"): CHANGE,
    ("POST", "/auth/accounts/batch-delete"): CHANGE,
    ("POST", "/auth/accounts/health-check"): CHANGE,
    ("DELETE", _ACCOUNT): CHANGE,
    ("GET", f"{_ACCOUNT}/events"): READ,
    ("PATCH", f"{_ACCOUNT}/label"): CHANGE,
    ("PATCH", f"{_ACCOUNT}/codex-fingerprint"): CHANGE,
    ("POST", f"{_ACCOUNT}/reset-usage"): CHANGE,
    ("POST", f"{_ACCOUNT}/clear-cooldown"): CHANGE,
    ("POST", f"{_ACCOUNT}/refresh"): CHANGE,
    ("GET", f"{_ACCOUNT}/quota"): READ,
    ("GET", f"{_ACCOUNT}/reset-credits"): READ,
    ("POST", f"{_ACCOUNT}/reset-credits/consume"): CHANGE,
    ("GET", f"{_ACCOUNT}/cookies"): READ,
    ("POST", f"{_ACCOUNT}/cookies"): CHANGE,
    ("DELETE", f"{_ACCOUNT}/cookies"): CHANGE,
    ("GET", "/auth/quota/warnings"): READ,
}

_VENDOR_KEYS: Final[dict[Route, Rule]] = {
    ("GET", "/auth/api-keys"): READ,
    ("POST", "/auth/api-keys"): CHANGE,
    ("GET", "/auth/api-keys/catalog"): READ,
    ("POST", "/auth/api-keys/models"): CHANGE,
    ("POST", "/auth/api-keys/batch-delete"): CHANGE,
    ("GET", "/auth/api-keys/export"): REVEAL,
    ("POST", "/auth/api-keys/import"): CHANGE,
    ("POST", f"{_VENDOR_KEY}/models"): CHANGE,
    ("PATCH", f"{_VENDOR_KEY}/label"): CHANGE,
    ("PATCH", f"{_VENDOR_KEY}/status"): CHANGE,
    ("DELETE", _VENDOR_KEY): CHANGE,
}

_PROXIES: Final[dict[Route, Rule]] = {
    ("GET", "/api/proxies"): READ,
    ("POST", "/api/proxies"): CHANGE,
    ("PUT", "/api/proxies/settings"): CHANGE,
    ("POST", "/api/proxies/check-all"): CHANGE,
    ("GET", "/api/proxies/export"): REVEAL,
    ("POST", "/api/proxies/import"): CHANGE,
    ("GET", "/api/proxies/assignments"): READ,
    ("POST", "/api/proxies/assignments/apply"): CHANGE,
    ("GET", "/api/proxies/assignments/export"): READ,
    ("POST", "/api/proxies/assignments/import"): CHANGE,
    ("POST", "/api/proxies/assign"): CHANGE,
    ("POST", "/api/proxies/assign-bulk"): CHANGE,
    ("POST", "/api/proxies/assign-rule"): CHANGE,
    ("DELETE", "/api/proxies/assign/{account_id}"): CHANGE,
    ("PUT", _PROXY): CHANGE,
    ("DELETE", _PROXY): CHANGE,
    ("POST", f"{_PROXY}/enable"): CHANGE,
    ("POST", f"{_PROXY}/disable"): CHANGE,
    ("POST", f"{_PROXY}/check"): CHANGE,
}

_GATEWAY: Final[dict[Route, Rule]] = {
    ("GET", "/health/details"): READ,
    ("GET", "/admin/ollama-status"): READ,
    ("POST", "/admin/refresh-models"): CHANGE,
    ("GET", "/admin/route"): READ,
    ("GET", "/admin/explain/{request_id}"): READ,
    ("GET", "/admin/jobs"): READ,
    ("GET", "/admin/jobs/{job_id}"): READ,
    ("DELETE", "/admin/jobs/{job_id}"): CHANGE,
    ("GET", "/openapi"): OPEN_READ,
    ("GET", "/openapi/page.css"): OPEN_READ,
    ("GET", "/openapi/openapi.json"): OPEN_READ,
    ("GET", "/openapi/{path}"): OPEN_READ,
}

_CLIENT_KEYS: Final[dict[Route, Rule]] = {
    ("GET", "/admin/client-keys"): READ,
    ("POST", "/admin/client-keys"): CHANGE,
    ("PUT", _CLIENT_KEY): CHANGE,
    ("DELETE", _CLIENT_KEY): CHANGE,
    ("POST", f"{_CLIENT_KEY}/rotate"): CHANGE,
    ("POST", f"{_CLIENT_KEY}/toggle"): CHANGE,
    ("POST", f"{_CLIENT_KEY}/reset-usage"): CHANGE,
}

_SETTINGS: Final[dict[Route, Rule]] = {
    ("GET", "/admin/settings"): READ,
    ("POST", "/admin/settings"): CHANGE,
    ("PUT", "/admin/settings"): CHANGE,
    ("GET", "/admin/settings/revisions"): READ,
    ("POST", "/admin/settings/undo"): CHANGE,
    ("GET", "/admin/config"): READ,
    ("GET", "/admin/config-status"): READ,
    ("POST", "/admin/reload"): CHANGE,
    **{("GET", f"/admin/{group}-settings"): READ for group in _SETTINGS_GROUPS},
    **{(method, f"/admin/{group}-settings"): CHANGE for group in _SETTINGS_GROUPS for method in ("POST", "PUT")},
}

_WATCHING: Final[dict[Route, Rule]] = {
    ("GET", "/metrics"): READ,
    ("GET", "/admin/usage-stats/summary"): READ,
    ("GET", "/admin/usage-stats/history"): READ,
    ("GET", "/admin/usage-stats/export"): READ,
    ("DELETE", "/admin/usage-stats"): CHANGE,
    ("GET", "/admin/logs"): READ,
    ("DELETE", "/admin/logs"): CHANGE,
    ("POST", "/admin/logs/clear"): CHANGE,
    ("GET", "/admin/logs/state"): READ,
    ("POST", "/admin/logs/state"): CHANGE,
    ("GET", "/admin/logs/stream"): READ,
    ("GET", "/admin/logs/summary"): READ,
    ("GET", "/admin/logs/{request_id}"): READ,
    ("GET", "/admin/logs/{request_id}/capsule"): READ,
    ("GET", "/admin/error-logs"): READ,
    ("GET", "/admin/error-logs/raw"): READ,
    ("GET", "/admin/error-logs/count"): READ,
    ("POST", "/admin/error-logs/seen"): CHANGE,
    ("POST", "/admin/error-logs/report"): LOOK,
    ("POST", "/admin/error-logs/{signature}/state"): CHANGE,
    ("DELETE", "/admin/error-logs"): CHANGE,
    ("POST", "/admin/test-connection"): CHANGE,
    ("GET", "/admin/update-status"): READ,
    ("POST", "/admin/check-update"): CHANGE,
    ("POST", "/admin/apply-update"): CHANGE_SECRETS,  # it runs what it fetched
}

CONTROL: Final[Rules] = (
    _DASHBOARD | _ACCOUNTS | _VENDOR_KEYS | _PROXIES | _GATEWAY | _CLIENT_KEYS | _SETTINGS | _WATCHING
)
