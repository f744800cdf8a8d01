"""The issuer's endpoints.

Rules of this file: who answers which path; what a token request leads to stands in ``exchange``, what a page says in
``pages``.  Secrets reach the journal as digests only.
"""

from collections.abc import Callable
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import InvalidRequest, WireReply
from codex_proxy.simulator.incoming import Incoming
from codex_proxy.simulator.issuer import pages
from codex_proxy.simulator.issuer.asking import object_of, text_member
from codex_proxy.simulator.issuer.authorize import BadLogin, LoginAsked, named, read_login
from codex_proxy.simulator.issuer.codes import Code, Codes
from codex_proxy.simulator.issuer.device import DeviceLogins
from codex_proxy.simulator.issuer.exchange import IssuerParts, TokenEndpoint
from codex_proxy.simulator.issuer.ledger import Grant, Ledger
from codex_proxy.simulator.issuer.replies import IssuerRefusal, error_reply, refuse
from codex_proxy.simulator.journal import Entry, secretless
from codex_proxy.simulator.player import Player
from codex_proxy.simulator.sections.issuer import IssuerSettings
from codex_proxy.simulator.tokens import Person, person_of

Page: TypeAlias = Callable[[Incoming], WireReply]

_DONE: Final = WireReply(status=200, body=b"{}")


class Issuer:
    """Serves its ``paths``; everything it knows is in memory."""

    def __init__(self, parts: IssuerParts) -> None:
        self.ledger = Ledger(parts.seed)
        self._parts = parts
        self._codes = Codes(parts.seed)
        self._devices = DeviceLogins(parts.seed, self._codes)
        self._tokens = TokenEndpoint(parts, self.ledger, self._codes)
        self._logged_in = 0
        self._pages: dict[tuple[str, str], Page] = {
            ("GET", "/oauth/authorize"): self._authorize,
            ("POST", "/oauth/authorize"): self._decided,
            ("POST", "/oauth/revoke"): self._revoke,
            ("POST", "/api/accounts/deviceauth/usercode"): self._user_code,
            ("POST", "/api/accounts/deviceauth/token"): self._poll,
            ("GET", "/codex/device"): self._device,
            ("POST", "/codex/device"): self._approve,
        }
        self.paths = frozenset({"/oauth/token", *(path for _, path in self._pages)})

    async def serve(self, incoming: Incoming, entry: Entry, player: Player) -> None:
        """Answer one request to one of ``paths``."""
        asked = (incoming.method, incoming.path)
        try:
            entry.body = secretless(incoming.decoded())
            if asked == ("POST", "/oauth/token"):
                await self._tokens.answer(incoming, entry, player)
            elif asked in self._pages:
                await player.reply(self._pages[asked](incoming))
            else:
                await player.reply(error_reply(405, "method_not_allowed", "This path takes another method."))
        except IssuerRefusal as refusal:
            await player.reply(refusal.reply)
        except InvalidRequest as error:
            await player.reply(error_reply(400, "invalid_request", str(error)))

    def report(self) -> JsonObject:
        """Every refresh token, and each time that it was sent."""
        return self._tokens.sendings.report(self.ledger, self._parts.now())

    def grant(self, accounts: list[str], *, plan: str, origin: str) -> list[JsonObject]:
        """Tokens for accounts by name, as if each had just logged in; a name nobody has makes an account."""
        people = self._parts.scenario().people()
        terms = self._parts.terms(origin)
        made: list[JsonObject] = []
        for name in accounts:
            person = named(people, name) or person_of(name, plan=plan)
            made.append({"account": person.account_id} | self._tokens.grant(person, terms))
        return made

    @property
    def _settings(self) -> IssuerSettings:
        return self._parts.scenario().issuer

    def _authorize(self, incoming: Incoming) -> WireReply:
        try:
            asked = read_login(incoming.query, client_id=self._settings.client_id)
        except BadLogin as error:
            return pages.error_page(str(error)) if error.redirect is None else pages.redirect(error.redirect)
        people = self._people(asked)
        hinted = None if asked.login_hint is None else named(people, asked.login_hint)
        if asked.login_hint is not None and hinted is None:
            return pages.error_page("login_hint: nobody here is called so")
        if self._settings.denies is not None:
            return pages.redirect(asked.denied(self._settings.denies))
        if not self._settings.auto:
            return pages.consent_page(asked, [hinted] if hinted else people)
        return self._logged_in_as(asked, hinted or self._next(people))

    def _decided(self, incoming: Incoming) -> WireReply:
        form = object_of(incoming)
        try:
            asked = read_login(text_member(form, "request"), client_id=self._settings.client_id)
        except BadLogin as error:
            return pages.error_page(str(error))
        account = text_member(form, "account")
        if account == pages.DENY:
            return pages.redirect(asked.denied("the login was denied"))
        return self._logged_in_as(asked, named(self._people(asked), account))

    def _logged_in_as(self, asked: LoginAsked, person: Person | None) -> WireReply:
        if person is None:
            return pages.redirect(asked.denied("no account of this workspace"))
        code = self._codes.open(
            Code(
                grant=Grant(person=person, client_id=asked.client_id, scope=asked.scope),
                redirect_uris=frozenset({asked.redirect_uri}),
                challenge=asked.challenge,
                expires_at=self._parts.now() + self._settings.code_seconds,
            )
        )
        return pages.redirect(asked.redirect(code=code, scope=asked.scope))

    def _people(self, asked: LoginAsked) -> list[Person]:
        people = self._parts.scenario().people()
        return [each for each in people if asked.workspace_id in {None, each.account_id}]

    def _next(self, people: list[Person]) -> Person | None:
        """Whose turn it is to log in by itself."""
        in_turn = [person for name in self._settings.logins if (person := named(people, name))] or people
        self._logged_in += 1
        return in_turn[(self._logged_in - 1) % len(in_turn)] if in_turn else None

    def _user_code(self, incoming: Incoming) -> WireReply:
        client_id = self._check_client(object_of(incoming))
        return self._devices.begin(self._settings.device, client_id=client_id, now=self._parts.now())

    def _poll(self, incoming: Incoming) -> WireReply:
        asked = object_of(incoming)
        for name in ("device_auth_id", "user_code"):
            text_member(asked, name)
        people = self._parts.scenario().people()
        return self._devices.poll(
            asked, self._settings.device, now=self._parts.now(), origin=incoming.origin, auto=lambda: self._next(people)
        )

    def _device(self, incoming: Incoming) -> WireReply:
        user_code = dict(parse_qsl(incoming.query)).get("user_code", "")
        return pages.device_page(self._parts.scenario().people(), user_code)

    def _approve(self, incoming: Incoming) -> WireReply:
        form = object_of(incoming)
        user_code, account = text_member(form, "user_code"), text_member(form, "account")
        person = named(self._parts.scenario().people(), account)
        if person is None and account != pages.DENY:
            return pages.error_page("account: nobody here is called so")
        if not self._devices.settle(user_code, person, now=self._parts.now()):
            return pages.error_page("user_code: no such code is open")
        return pages.page("Simulated device sign-in", "<p>Done. You may close this page.</p>")

    def _revoke(self, incoming: Incoming) -> WireReply:
        """An unknown token is no error (RFC 7009 §2.2)."""
        asked = object_of(incoming)
        self._check_client(asked)
        token = self._tokens.find(text_member(asked, "token"))
        if token is not None:
            self.ledger.revoke(token.session)
        return _DONE

    def _check_client(self, asked: JsonObject) -> str:
        client_id = text_member(asked, "client_id")
        if client_id != self._settings.client_id:
            raise refuse("invalid_client", "client_id: unknown", status=401)
        return client_id
