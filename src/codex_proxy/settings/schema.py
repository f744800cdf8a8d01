"""Every configuration key, its type, its default and what it does.

Rules of this file: the only source of defaults; the documentation of the keys, ``/admin/settings`` and
``codex-proxy settings`` are made from it.

To add a key, add one line to its section (or a section, and a line to ``Settings``)::

    capacity: int = key(2000, "Records the request log keeps.", change=LIVE, ge=1, le=1_000_000)

that is: type, default, words with the unit; ``change=LIVE`` where a change counts at the next request (else it counts
at the next start); limits as in pydantic; ``secret=True`` where the value is never shown; ``file_only=True`` where it
could move credentials and is never set through the API; ``idle="why"`` where it is of other editions and nothing
here could read it.  A live key is read from ``Followers.live`` each time
(bootstrap), or followed in ``bootstrap/settings/following``.  Nothing else is to do but to run
``python -m scripts.generate_pages`` and to add a probe of a live key to ``tests/scenarios/live_settings``.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from codex_proxy.accounts.quota.buckets import MODEL_BUCKETS
from codex_proxy.routing.names import PICTURE_MODELS
from codex_proxy.settings.custom_models import CustomModels, Effort
from codex_proxy.settings.keys import LIVE, Section, key
from codex_proxy.settings.providers import Providers
from codex_proxy.settings.sections.recording import NO_SNAPSHOTS, LogsSection, ObservabilitySection, UsageStatsSection
from codex_proxy.settings.values import (
    Aliases,
    DefaultTools,
    HeaderText,
    Host,
    ModelName,
    NotInline,
    Numbered,
    Origin,
    Percent,
    RenamedProfile,
    WebAddress,
)

NO_SOCKETS = "the backend is asked over HTTP alone"


class ServerSection(Section):
    """Where the gateway listens and what it takes."""

    host: Host = key("127.0.0.1", "Address to listen on; 127.0.0.1 means both loopbacks, 127.0.0.1 and ::1.")
    port: int = key(8080, "Port to listen on; 0 takes a free one.", ge=0, le=65_535, least_asked=1)
    proxy_api_key: str | None = key(
        None,
        "A client key of the owner's choice with all scopes; null uses the generated pair.",
        change=LIVE,
        secret=True,
        min_length=1,
        max_length=512,
    )
    max_body_bytes: int = key(
        67_108_864, "Largest request body in bytes, packed and unpacked.", change=LIVE, ge=1024, le=1_073_741_824
    )
    first_byte_grace_seconds: float = key(
        2.0, "Seconds a stream's status waits for the first content.", change=LIVE, gt=0, le=60
    )
    heartbeat_seconds: float = key(
        15.0, "Seconds of silence after which a stream gets a heartbeat.", change=LIVE, ge=0.01, le=3600
    )
    stop_grace_seconds: float = key(
        30.0, "Seconds running answers may take to finish when the gateway stops.", change=LIVE, ge=0, le=3600
    )
    trust_proxy: bool = key(
        False, "Whether forwarded-for headers of a reverse proxy on this machine are believed.", change=LIVE
    )
    trusted_proxies: list[str] = key(
        [], "Networks (CIDR) of reverse proxies whose forwarded-for headers are believed.", file_only=True
    )
    names: list[str] = key(
        [],
        "Host names under which the owner reaches the gateway, beside this machine's own and addresses.",
        change=LIVE,
    )
    cors: list[str] = key([], "Web origins beside loopback that may call, such as https://app.example.", change=LIVE)
    cors_allow_null_origin: bool = key(False, "Whether pages of origin null (files, sandboxes) may call.", change=LIVE)


class ApiSection(Section):
    """The upstream."""

    base_url: WebAddress = key("https://chatgpt.com/backend-api", "Base URL of the Codex backend.", file_only=True)
    timeout_seconds: float | None = key(
        None,
        "Seconds that an upstream call may take in all, to the end of its answer; null for as long as it takes.",
        change=LIVE,
        gt=0,
        le=86_400,
    )
    connect_timeout_seconds: float = key(10.0, "Seconds to connect.", change=LIVE, gt=0, le=3600)
    headers_timeout_seconds: float = key(120.0, "Seconds until the reply's headers.", change=LIVE, gt=0, le=86_400)
    idle_timeout_seconds: float = key(300.0, "Seconds of silence within a reply.", change=LIVE, gt=0, le=86_400)
    failover_budget_seconds: float = key(
        30.0, "Seconds in which other accounts may be tried before the first content.", change=LIVE, ge=0, le=3600
    )


class ClientSection(Section):
    """The official client we present ourselves as."""

    profile: Annotated[Literal["desktop", "cli"], RenamedProfile] = key(
        "desktop", "Which official client: the desktop app or the CLI.", change=LIVE
    )
    originator: HeaderText | None = key(
        None, "Name that the originator header and the user agent go by; null for the profile's.", change=LIVE
    )
    app_version: HeaderText = key("26.1120.10001", "Version of the desktop app.", change=LIVE, min_length=1)
    engine_version: HeaderText = key(
        "0.169.0", "Version of the CLI engine, sent as version.", change=LIVE, min_length=1
    )
    build_number: Numbered | None = key(
        None,
        "Build number of the desktop app of app_version, which updates are told with; it is not sent.",
        change=LIVE,
        max_length=10,
        pattern=r"^[0-9]+$",
    )
    pin_version: bool = key(
        False, "Whether app_version and engine_version hold whatever newer ones are found.", change=LIVE
    )
    platform: HeaderText = key(
        "Debian 12.0.0", "Operating system and version in the user agent.", change=LIVE, min_length=1
    )
    arch: HeaderText = key("x86_64", "Architecture in the user agent.", change=LIVE, min_length=1)
    terminal: HeaderText = key(
        "xterm", "Terminal word in the user agent; unknown where there is none.", change=LIVE, min_length=1
    )
    chromium_version: Numbered | None = key(
        None,
        "Chromium version of the desktop app.",
        idle="the engine asks the backend, and it sends no browser's headers",
    )


class ModelSection(Section):
    """Models and what is asked of them by default."""

    default: ModelName = key("gpt-5.4", "Model for requests that name none.", change=LIVE)
    unknown: Literal["error", "fallback"] = key(
        "error", "What an unknown model gets: a 404, or the default.", change=LIVE
    )
    image_host_model: ModelName = key(
        "gpt-5.5",
        "Chat model that hosts image generation, for requests that name a picture model or none.",
        change=LIVE,
    )
    default_reasoning_effort: Effort | None = key(
        None, "Effort where neither request nor model name says one.", change=LIVE
    )
    default_service_tier: str | None = key(
        None, "Tier where neither request nor model name says one.", change=LIVE, min_length=1, max_length=64
    )
    default_instructions: str = key("", "Instructions for requests that bring none.", change=LIVE)
    default_tools: DefaultTools = key(
        [], "Tools offered with every request, beside the client's own, in the Responses form.", change=LIVE
    )
    aliases: Aliases = key({}, "Model names of the owner's, by the name clients send.", change=LIVE)
    fallbacks: dict[str, list[str]] = key(
        {}, "Models to ask in turn where the one of this name cannot be had, by the name clients send.", change=LIVE
    )
    custom_models: CustomModels = key(
        [], "Codex models added to the catalogue: ids, or objects with what is known of them.", change=LIVE
    )
    inject_desktop_context: bool = key(
        False,
        "Whether the text of desktop-context.md in the data directory, 64 KiB at most, stands before the instructions "
        "that accounts get.",
        change=LIVE,
    )
    suppress_desktop_directives: bool = key(
        False, "Whether desktop directives are left out.", idle="nothing here adds any to what clients send"
    )
    allow_client_system_prompt_strategy: bool = key(
        False,
        "Whether system prompts may stand elsewhere than in the instructions: where system_prompt_strategy says, or "
        "where a client says in x-codex-proxy-system-prompt.",
        change=LIVE,
    )
    system_prompt_strategy: Annotated[Literal["instructions", "developer_inline"], NotInline] = key(
        "instructions",
        "Where system prompts stand in what accounts are asked: in the instructions, or in a developer message at the "
        "head of the input, which leaves the instructions to default_instructions.",
        change=LIVE,
    )

    @field_validator("image_host_model")
    @classmethod
    def _hosts(cls, value: str) -> str:
        if PICTURE_MODELS.match(value):
            raise ValueError(f"{value} makes pictures but hosts nothing; name a chat model")
        return value


class ModelsSection(Section):
    """Model lists."""

    list_variants: bool = key(
        False, "Whether lists name models with their suffixes too, such as gpt-5.4-high and gpt-5.4-fast.", change=LIVE
    )


class ImagesSection(Section):
    """Generated pictures that answers show as links, and pictures that requests give by link."""

    lifetime_hours: float = key(24.0, "Hours such a picture can be fetched.", change=LIVE, ge=0, le=8760)
    max_total_bytes: int = key(
        1_073_741_824, "Bytes that all of them may take; the oldest go first.", change=LIVE, ge=0
    )
    link_bases: list[Origin] = key(
        [],
        "Beginnings of links beside loopback, such as https://gateway.example; a request whose Host is one of these "
        "gets links with it.",
        change=LIVE,
    )
    fetch_remote: bool = key(
        False,
        "Whether pictures and PDFs that requests give by link are fetched here and sent along, instead of by the "
        "backend; through an egress proxy only where that is none or socks5.",
        change=LIVE,
    )


class AuthSection(Section):
    """Accounts and how they take turns."""

    jwt_token: str | list[str] | None = key(
        None, "Access token of an account, several as a list or separated by commas.", secret=True, file_only=True
    )
    chatgpt_oauth: bool = key(
        True,
        "Whether ChatGPT accounts may log in, by browser or device code; accounts that are here, tokens and imports go "
        "on without.",
        change=LIVE,
    )
    rotation_strategy: Literal["least_used", "round_robin", "sticky"] = key(
        "least_used", "Which account a new conversation gets.", change=LIVE
    )
    tier_priority: list[str] | None = key(
        None, "Plans in order of preference; those not named come last together.", change=LIVE
    )
    rate_limit_backoff_seconds: float = key(
        60.0,
        "Seconds an account rests after a 429 that names no time; after more in a row twice, five and ten times as "
        "long.",
        change=LIVE,
        ge=0,
        le=86_400,
    )
    refresh_enabled: bool = key(True, "Whether tokens are refreshed before they expire.", change=LIVE)
    refresh_margin_seconds: float = key(
        300.0, "Seconds before expiry at which a token is refreshed.", change=LIVE, ge=0
    )
    refresh_concurrency: int = key(2, "Tokens refreshed at once.", change=LIVE, ge=1, le=1000)
    max_concurrent_per_account: int | None = key(
        16, "Answers one account gives at once; null for no limit.", change=LIVE, ge=1
    )
    request_interval_ms: int | None = key(
        0,
        "Milliseconds that lie at least between the starts of two requests of one account; null for none.",
        change=LIVE,
        ge=0,
    )
    queue_timeout_ms: int = key(10_000, "Milliseconds a request waits while all slots are taken.", change=LIVE, ge=0)
    queue_limit: int = key(64, "Requests that may wait at once.", change=LIVE, ge=0)
    max_failover_attempts: int = key(5, "Attempts one request may make.", change=LIVE, ge=1, le=100)
    oauth_client_id: str = key("app_EMoamEEZ73f0CkXaXp7hrann", "OAuth client id.", file_only=True)
    oauth_auth_endpoint: WebAddress = key(
        "https://auth.openai.com/oauth/authorize", "OAuth authorization endpoint.", file_only=True
    )
    oauth_token_endpoint: WebAddress = key(
        "https://auth.openai.com/oauth/token",
        "OAuth token endpoint; its origin is the issuer by which accounts are known.",
        file_only=True,
    )
    oauth_callback_host: str = key(
        "127.0.0.1",
        "Address on which the redirect of a login is awaited; 127.0.0.1 means both loopbacks.",
        file_only=True,
    )


class TlsSection(Section):
    """Connections to the upstream."""

    transport: Literal["native"] = key("native", "The TLS stack.", idle="there is no other")
    proxy_url: str | None = key(
        None, "Egress proxy for every upstream call: http, https, socks5 or socks5h.", secret=True, change=LIVE
    )
    force_http11: bool = key(
        False,
        "Whether upstreams are asked over HTTP/1.1 alone, for networks that HTTP/2 does not get through; the real "
        "client offers both.",
        change=LIVE,
    )
    ca_file: str | None = key(None, "PEM file with certificates to trust beside the system's.", file_only=True)
    health_check_url: WebAddress = key(
        "https://api.ipify.org?format=json", "Where egress checks ask for their IP.", change=LIVE
    )


class ChatSection(Section):
    """The Chat Completions dialect."""

    reasoning_field: Literal["reasoning_content", "reasoning", "both", "none"] = key(
        "reasoning_content", "Which member carries the model's thoughts.", change=LIVE
    )
    heartbeat: Literal["comment", "chunk"] = key(
        "comment",
        "What fills the silence of a stream: a comment, or an empty chunk where a relay passes comments on as data.",
        change=LIVE,
    )


class TranslationSection(Section):
    """Between dialects."""

    strict: bool = key(False, "Whether a request that cannot be carried without loss is refused.", change=LIVE)


class SessionSection(Section):
    """Dashboard sessions, and how conversations are told apart."""

    ttl_minutes: int = key(60, "Minutes a dashboard session lasts without a request.", change=LIVE, ge=1, le=525_600)
    longest_hours: int = key(168, "Hours a dashboard session lasts at most.", change=LIVE, ge=0, le=87_600)
    cleanup_interval_minutes: int = key(
        5,
        "Minutes between clean-ups.",
        idle="a session opens nothing from the moment it is over, and 64 are kept",
        ge=1,
    )
    trust_user_field: bool = key(
        False,
        "Whether a request's `user` names its conversation; many programs send the same on every request.",
        change=LIVE,
    )


class QuotaSection(Section):
    """Quota."""

    refresh_interval_minutes: int = key(0, "Minutes between local snapshots of usage.", idle=NO_SNAPSHOTS, ge=0)
    concurrency: int = key(10, "Usage queries at once.", change=LIVE, ge=1, le=1000)
    skip_exhausted: bool = key(True, "Whether accounts known to be used up are passed over.", change=LIVE)
    model_buckets: dict[str, str] = key(
        dict(MODEL_BUCKETS),
        "Which of the upstream's limits a model draws on, by a part of its name; others draw on codex.",
        change=LIVE,
    )
    warning_thresholds: dict[Literal["primary", "secondary"], Annotated[list[Percent], Field(max_length=10)]] = key(
        {"primary": [80, 90], "secondary": [80, 90]}, "Percentages that warn, by window.", change=LIVE
    )


class EgressSection(Section):
    """Proxies that accounts leave through."""

    on_unavailable: Literal["fail", "next", "global", "direct"] = key(
        "fail",
        "What an account does whose own proxy cannot be used: nothing, the next proxy, the global one, or no proxy.",
        change=LIVE,
    )
    check_interval_minutes: int = key(
        5, "Minutes between checks of the proxies; 0 for none but of those that fail.", change=LIVE, ge=0, le=1440
    )


class StorageSection(Section):
    """Where accounts are kept, and what seals their secrets."""

    database_url: str | None = key(
        None, "A PostgreSQL, as postgresql://…; null for a file in the data directory.", secret=True, file_only=True
    )
    key_source: Literal["file", "keyring", "environment"] = key(
        "file",
        "Where the key that seals secrets is: secret.key in the data directory, the system's keyring, or the variable "
        "CODEX_PROXY_SECRET_KEY.",
        file_only=True,
    )


class UpdateSection(Section):
    """Updates."""

    auto_update: bool = key(True, "Whether new versions of the official clients are looked for.", change=LIVE)
    auto_download: bool = key(
        False,
        "Whether new versions are downloaded before anybody asks for them.",
        idle="the gateway has no desktop app, and fetches its own new version when it is told to install it",
    )
    show_update_dialog: bool = key(
        False, "Whether the desktop app asks.", idle="the gateway has no desktop app; the dashboard shows what is new"
    )
    allow_prerelease: bool = key(False, "Whether pre-releases of the gateway count.", change=LIVE)
    gateway: Literal["off", "notify", "apply"] = key(
        "off",
        "What is done about newer versions of the gateway itself: nothing, looking once a day, or installing them too "
        "when the owner asks for it.",
        file_only=True,
    )
    index_url: str | None = key(
        None,
        "Package index that is asked for them and that they are installed from (its simple API); null for none.",
        file_only=True,
    )
    feed_url: WebAddress = key(
        "https://persistent.oaistatic.com/codex-app-prod/appcast.xml",
        "Feed of the official app's versions.",
        file_only=True,
    )
    engine_feed_url: WebAddress | None = key(
        None,
        "Where the package registry tells the CLI engine's versions (its dist-tags); null for nowhere.",
        file_only=True,
    )


class WsPoolSection(Section):
    """WebSocket connections to the upstream."""

    enabled: bool = key(True, "Whether they are used.", idle=NO_SOCKETS)
    max_age_ms: int = key(3_300_000, "Milliseconds a connection lives.", idle=NO_SOCKETS, ge=0)
    max_per_account: int = key(8, "Connections of one account.", idle=NO_SOCKETS, ge=1)


class OllamaSection(Section):
    """The Ollama-compatible listener."""

    enabled: bool = key(False, "Whether it listens.", change=LIVE)
    host: Host = key("127.0.0.1", "Address to listen on; 127.0.0.1 means both loopbacks.", change=LIVE)
    port: int = key(11_434, "Port to listen on; 0 takes a free one.", change=LIVE, ge=0, le=65_535, least_asked=1)
    version: str = key("0.18.3", "Version it claims.", change=LIVE, min_length=1, max_length=64)
    disable_vision: bool = key(False, "Whether vision is not advertised.", change=LIVE)
    allow_remote: bool = key(
        False, "Whether it may listen off loopback, where anybody may use it without a key.", file_only=True
    )


class ClientKeysSection(Section):
    """Client keys that are handed out, and what is held back for their requests."""

    default_output_tokens: int = key(
        4096,
        "Tokens of an answer that are held back of a budget where the request sets no limit.",
        change=LIVE,
        ge=0,
        le=1_000_000_000,
    )
    reservation_seconds: float = key(
        120.0,
        "Seconds until what a gateway held back is free again after that gateway was killed.",
        gt=0,
        le=86_400,
    )
    unknown_price_usd: float | None = key(
        None,
        "Dollars for a million tokens of models whose price is not known; null refuses them to keys whose money is "
        "limited.",
        change=LIVE,
        ge=0,
        le=1_000_000,
    )


class SecuritySection(Section):
    """The dashboard's password, and what user-given addresses may reach."""

    dashboard_password: str | None = key(
        None,
        "The dashboard's password, where it is not set by setup link or command; ten characters or more.",
        secret=True,
        file_only=True,
    )
    allow_private_upstreams: bool = key(
        False, "Whether vendors' base URLs and links that are fetched here may lead to private addresses."
    )
    loopback_only: bool = key(
        False, "Whether nothing beyond this machine is ever asked; always so with --simulate.", file_only=True
    )


class Settings(Section):
    """All of it."""

    server: ServerSection = ServerSection()
    api: ApiSection = ApiSection()
    client: ClientSection = ClientSection()
    model: ModelSection = ModelSection()
    models: ModelsSection = ModelsSection()
    images: ImagesSection = ImagesSection()
    auth: AuthSection = AuthSection()
    tls: TlsSection = TlsSection()
    chat: ChatSection = ChatSection()
    translation: TranslationSection = TranslationSection()
    logs: LogsSection = LogsSection()
    observability: ObservabilitySection = ObservabilitySection()
    usage_stats: UsageStatsSection = UsageStatsSection()
    session: SessionSection = SessionSection()
    quota: QuotaSection = QuotaSection()
    egress: EgressSection = EgressSection()
    storage: StorageSection = StorageSection()
    update: UpdateSection = UpdateSection()
    ws_pool: WsPoolSection = WsPoolSection()
    ollama: OllamaSection = OllamaSection()
    client_keys: ClientKeysSection = ClientKeysSection()
    security: SecuritySection = SecuritySection()
    providers: Providers = key(
        {},
        "Keys of third-party vendors, by vendor, or by a name below custom; see Vendors.",
        secret=True,
        file_only=True,
    )
    model_routing: dict[str, str] = key(
        {}, "Vendor by model id, or by a pattern in which * is any text and ? one character.", change=LIVE
    )

    @field_validator("model_routing", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value
