"""The token endpoint: what is shown for tokens, what comes of it, and what a scenario lets go wrong.

Rules of this file: a request is noted before anything happens to it, and what is spent is spent before the answer
leaves: a client that dies in between has lost its token, as with the real issuer.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from codex_proxy.accounts.account import MalformedToken, read_claims
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.incoming import Incoming
from codex_proxy.simulator.issuer.asking import CodeAsked, KeyAsked, RefreshAsked, TokenAsked, read_token_request
from codex_proxy.simulator.issuer.authorize import named
from codex_proxy.simulator.issuer.codes import Codes
from codex_proxy.simulator.issuer.ledger import Grant, Ledger, RefreshToken, Session, Terms, chance
from codex_proxy.simulator.issuer.replies import DEACTIVATED, REUSED, TOKEN_REPLIES, IssuerRefusal, refuse
from codex_proxy.simulator.issuer.sendings import Sending, Sendings
from codex_proxy.simulator.journal import Entry, Journal, digest
from codex_proxy.simulator.player import Player
from codex_proxy.simulator.scenario import Scenario
from codex_proxy.simulator.sections.accounts import Standing
from codex_proxy.simulator.sections.issuer import SpentTokens, TokenAnswer, TokenFault
from codex_proxy.simulator.tokens import SCOPE, Person, person_of

GRANTED: Final = "granted"

_SILENT: Final = frozenset({TokenAnswer.CUT, TokenAnswer.STALL})
_LOCKED_OUT: Final = frozenset({Standing.ACCOUNT_DEACTIVATED, Standing.USER_SUSPENDED})
_LEFT_OUT: Final = {TokenAnswer.NO_ACCESS_TOKEN: "access_token", TokenAnswer.NO_REFRESH_TOKEN: "refresh_token"}
_NO_FAULT: Final = TokenFault()


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerParts:
    """What the issuer stands on."""

    now: Callable[[], float]
    journal: Journal
    scenario: Callable[[], Scenario]
    seed: int

    def terms(self, issuer: str) -> Terms:
        """The terms of tokens made now by an issuer of this URL."""
        settings = self.scenario().issuer
        return Terms(
            issuer=issuer,
            now=self.now(),
            access_token_seconds=settings.access_token_seconds,
            refresh_token_seconds=settings.refresh_token_seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One token request: what is asked, whose it is if that is known, what goes wrong, and where its end is noted."""

    asked: TokenAsked
    person: Person | None
    fault: TokenFault
    sending: Sending


class TokenEndpoint:
    """``POST /oauth/token``."""

    def __init__(self, parts: IssuerParts, ledger: Ledger, codes: Codes) -> None:
        self.sendings = Sendings()
        self._parts = parts
        self._ledger = ledger
        self._codes = codes
        self._counts: dict[tuple[str, str], int] = {}

    async def answer(self, incoming: Incoming, entry: Entry, player: Player) -> None:
        """Answer one request.

        Raises:
            IssuerRefusal: it cannot be read.
        """
        asked = read_token_request(incoming)
        person = self._person(asked)
        self._parts.journal.assign(entry, None if person is None else person.account_id)
        case = Case(asked=asked, person=person, fault=self._fault(asked, person, entry), sending=self._note(asked))
        entry.rule = None if case.fault is _NO_FAULT else case.fault.answer.value
        await asyncio.sleep(case.fault.delay_ms / 1000)
        reply = self._settle(case, self._parts.terms(incoming.origin))
        await asyncio.sleep(case.fault.answer_after_ms / 1000)
        if reply is not None:
            await player.reply(reply)
        elif case.fault.answer is TokenAnswer.CUT:
            await player.cut()
        else:
            await player.stall()

    def grant(self, person: Person, terms: Terms) -> JsonObject:
        """Tokens of a new login."""
        return self._ledger.issue(self._begin(person), terms)

    def find(self, token: str) -> RefreshToken | None:
        """A refresh token that was given out here or stands in the scenario."""
        scenario = self._parts.scenario()
        known, owner = self._ledger.find(token), scenario.issuer.refresh_tokens.get(token)
        if known is not None or owner is None:
            return known
        person = named(scenario.people(), owner)
        return None if person is None else self._ledger.plant(token, self._begin(person), now=self._parts.now())

    def _begin(self, person: Person) -> Session:
        client_id = self._parts.scenario().issuer.client_id
        return self._ledger.begin(Grant(person=person, client_id=client_id, scope=SCOPE), now=self._parts.now())

    def _person(self, asked: TokenAsked) -> Person | None:
        match asked:
            case RefreshAsked():
                token = self.find(asked.refresh_token)
                return None if token is None else token.session.grant.person
            case CodeAsked():
                code = self._codes.find(asked.shown.code)
                return None if code is None else code.grant.person
            case KeyAsked():
                return None

    def _note(self, asked: TokenAsked) -> Sending:
        """The note of a refresh token; other requests have one that nobody reads."""
        if not isinstance(asked, RefreshAsked):
            return Sending(at=self._parts.now())
        return self.sendings.note(digest(asked.refresh_token), at=self._parts.now(), reason=asked.reason)

    def _fault(self, asked: TokenAsked, person: Person | None, entry: Entry) -> TokenFault:
        account = "" if person is None else person.account_id
        number = self._counts[account, asked.grant_type] = self._counts.get((account, asked.grant_type), 0) + 1
        reason = asked.reason if isinstance(asked, RefreshAsked) else None
        for place, fault in enumerate(self._parts.scenario().issuer.faults):
            fits = (
                fault.when.account in {None, account},
                fault.when.request in {None, number},
                fault.when.grant in {None, asked.grant_type},
                fault.when.reason in {None, reason},
            )
            if all(fits) and chance(self._parts.seed, "fault", place, entry.ordinal) < fault.share:
                return fault
        return _NO_FAULT

    def _settle(self, case: Case, terms: Terms) -> WireReply | None:
        """The reply, None for silence; what became of the token is in the ledger and in the note."""
        answer = case.fault.answer
        try:
            members = self._members(case, terms)
        except IssuerRefusal as refusal:
            case.sending.answer = _code_of(refusal.reply)
            return refusal.reply
        case.sending.answer = GRANTED if answer is TokenAnswer.USUAL else answer.value
        if answer in _SILENT:
            return None
        return TOKEN_REPLIES.get(answer) or WireReply(status=200, body=encode(members))

    def _members(self, case: Case, terms: Terms) -> JsonObject:
        """The members of a reply with tokens; empty where the answer has none."""
        answer = case.fault.answer
        spent = self._usual(case, terms) if answer is TokenAnswer.USUAL or case.fault.spends else None
        if answer in _SILENT or answer in TOKEN_REPLIES:
            return {}
        if answer is TokenAnswer.OTHER_IDENTITY and case.person is not None:
            return self.grant(self._somebody_else(case.person), terms)
        members = self._aside(case, terms) if spent is None else spent
        return {name: value for name, value in members.items() if name != _LEFT_OUT.get(answer)}

    def _usual(self, case: Case, terms: Terms) -> JsonObject:
        match case.asked:
            case RefreshAsked():
                return self._refresh(case.asked, case.sending, terms)
            case CodeAsked():
                grant = self._codes.take(case.asked.shown, now=terms.now)
                return self._ledger.issue(self._ledger.begin(grant, now=terms.now), terms)
            case KeyAsked():
                return _api_key(case.asked)

    def _refresh(self, asked: RefreshAsked, sending: Sending, terms: Terms) -> JsonObject:
        token = self._ledger.check(self.find(asked.refresh_token), client_id=asked.client_id, now=terms.now)
        if self._parts.scenario().account_of(token.session.grant.person).standing in _LOCKED_OUT:
            raise IssuerRefusal(DEACTIVATED)
        if token.spent and not self._is_forgiven(asked.refresh_token):
            raise IssuerRefusal(REUSED)
        token.spent = sending.spent = True
        return self._ledger.issue(self._with_plan(token.session), terms)

    def _is_forgiven(self, token: str) -> bool:
        """Whether a token that was spent before works once more."""
        if self._parts.scenario().issuer.spent_tokens is SpentTokens.REFUSED:
            return False
        name = digest(token)
        return chance(self._parts.seed, "spent", name, self.sendings.count(name)) < 0.5

    def _with_plan(self, session: Session) -> Session:
        """The session with the plan that the scenario gives its account by now."""
        person = session.grant.person
        plan = self._parts.scenario().account_of(person).plan or person.plan
        session.grant = msgspec.structs.replace(session.grant, person=msgspec.structs.replace(person, plan=plan))
        return session

    def _aside(self, case: Case, terms: Terms) -> JsonObject:
        """Tokens for whom the request is about, without spending what it shows."""
        if case.person is None:
            raise refuse("invalid_grant", "nobody is known by what was shown")
        token = self.find(case.asked.refresh_token) if isinstance(case.asked, RefreshAsked) else None
        if token is None:
            return self.grant(case.person, terms)
        refreshing = case.fault.answer is not TokenAnswer.NO_REFRESH_TOKEN
        return self._ledger.issue(token.session, terms, refreshing=refreshing)

    def _somebody_else(self, person: Person) -> Person:
        others = [each for each in self._parts.scenario().people() if each.account_id != person.account_id]
        return others[0] if others else person_of(f"{person.account_id}-other")


def _code_of(reply: WireReply) -> str:
    """The code of one of our own errors."""
    return str(msgspec.json.decode(reply.body)["error"]["code"])


def _api_key(asked: KeyAsked) -> JsonObject:
    try:
        read_claims(asked.subject_token)
    except MalformedToken as error:
        raise refuse("invalid_grant", f"subject_token: {error}") from None
    return {"access_token": f"sk-simulated-{digest(asked.subject_token)[:32]}", "token_type": "Bearer"}
