"""Those admitted: the draw, the briefing, identity. What stands between a participant and the start."""
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, bindparam, exists, select
from sqlalchemy.orm import joinedload

from contest.documents import draw_protocol
from contest.models import (
    Application,
    Briefing,
    BriefingSignature,
    Consent,
    Contest,
    Draw,
    Identity,
    Nomination,
    Participant,
)
from contest.rules import draw as lots
from contest.scope import hold
from core import realtime, storage
from core.access import Me
from core.canonical import canonical, digest
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record

MAX_SEED = 200


@dataclass(frozen=True)
class Readiness:
    """Facts the start depends on; packages above turn them into conditions."""

    consents: bool
    briefing: bool
    identity: bool
    drawn: bool

    @property
    def complete(self) -> bool:
        """Nothing is missing."""
        return self.consents and self.briefing and self.identity and self.drawn


def of_nomination(nomination_id: int) -> list[Participant]:
    """Participants in the order of the draw, those not drawn yet last; with account and application."""
    rows = session.scalars(select(Participant).options(joinedload(Participant.account),
                                                       joinedload(Participant.application)).where(
        Participant.nomination_id == nomination_id, Participant.withdrawn_at.is_(None)))
    return sorted(rows, key=lambda p: (p.order_no is None, p.order_no or 0, p.id))


def own(me: Me, participant_id: int) -> Participant:
    """The person's own participation."""
    found = session.scalar(select(Participant).options(joinedload(Participant.application)).where(
        Participant.id == participant_id, Participant.account_id == me.account_id))
    if found is None:
        raise NotVisible
    return found


def of_person(account_id: int, nomination_id: int | None = None) -> list[Participant]:
    """Where a person takes part, with the application."""
    query = select(Participant).options(joinedload(Participant.application)).where(
        Participant.account_id == account_id, Participant.withdrawn_at.is_(None)).order_by(Participant.id)
    if nomination_id is not None:
        query = query.where(Participant.nomination_id == nomination_id)
    return list(session.scalars(query))


def readiness(participant: Participant) -> Readiness:
    """Consents to processing and video, the newest briefing signed, identity approved, code drawn."""
    session.flush()
    held = session.connection().execute(_READY, {
        "person": participant.id, "application": participant.application_id,
        "nomination": participant.nomination_id}).one()
    return Readiness(consents=held.processing and held.video, briefing=held.briefing, identity=held.identity,
                     drawn=participant.code is not None)


def _ready() -> Select[Any]:
    """What `readiness` asks for one person, in one query: many ask it within the same seconds."""
    person = bindparam("person", type_=Integer)
    newest = select(Briefing.id).where(Briefing.nomination_id == bindparam("nomination", type_=Integer)).order_by(
        Briefing.version.desc()).limit(1).scalar_subquery()
    consents: list[Any] = [exists().where(
        Consent.application_id == bindparam("application", type_=Integer), Consent.kind == kind,
        Consent.withdrawn_at.is_(None)).label(kind) for kind in ("processing", "video")]
    signed = exists().where(BriefingSignature.participant_id == person, BriefingSignature.briefing_id == newest)
    approved = exists().where(Identity.participant_id == person, Identity.state == "approved")
    return select(*consents, signed.label("briefing"), approved.label("identity"))


_READY = _ready()


def readiness_of(people: list[Participant]) -> dict[int, Readiness]:
    """`readiness` of many, in four queries."""
    ids = [person.id for person in people]
    consents: dict[int, set[str]] = {}
    for application_id, kind in session.execute(select(Consent.application_id, Consent.kind).where(
            Consent.application_id.in_([p.application_id for p in people]), Consent.withdrawn_at.is_(None))):
        consents.setdefault(application_id, set()).add(kind)
    newest = {b.nomination_id: b.id for b in session.scalars(select(Briefing).where(
        Briefing.nomination_id.in_({p.nomination_id for p in people})).order_by(Briefing.version))}
    signed = set(session.execute(select(BriefingSignature.participant_id, BriefingSignature.briefing_id).where(
        BriefingSignature.participant_id.in_(ids))).tuples())
    approved = set(session.scalars(select(Identity.participant_id).where(
        Identity.participant_id.in_(ids), Identity.state == "approved")))
    return {p.id: Readiness(consents={"processing", "video"} <= consents.get(p.application_id, set()),
                            briefing=(p.id, newest.get(p.nomination_id, 0)) in signed,
                            identity=p.id in approved, drawn=p.code is not None) for p in people}


def hold_draw(nomination: Nomination, *, seed: str, called_numbers: str, by: Me, now: datetime) -> Draw:
    """Draw codes, order and variants for those who have none yet; codes given out once stand, every run is kept.

    Refused when everybody has a code, when nobody is admitted, without numbers called aloud.
    """
    hold(nomination.contest, "state")
    people = of_nomination(nomination.id)
    waiting = [person for person in people if person.code is None]
    if people and not waiting:
        raise Refused("drawn", "Жеребьёвка уже проведена, коды розданы. Повторная жеребьёвка изменила бы коды.")
    full_seed = lots.compose_seed(seed, _called(called_numbers))
    if len(full_seed) > MAX_SEED:
        raise Refused("long_seed", "Основа жеребьёвки слишком длинная. Сократите текст или назовите меньше чисел.",
                      field="seed")
    by_number = {str(person.application.number): person for person in waiting}
    result = lots.draw(by_number, full_seed, taken=_taken(nomination))
    after = max((person.order_no or 0 for person in people), default=0)
    for lot in result:
        person = by_number[lot.participant_id]
        person.code, person.order_no, person.variant = lot.code, after + lot.order, lot.variant
    facts = [{"code": lot.code, "order": lot.order, "variant": lot.variant} for lot in result]
    row = Draw(nomination_id=nomination.id, seed=full_seed, called_numbers=called_numbers[:200],
               list_sha256=lots.list_hash(by_number), result=canonical(facts).decode(), sha256=digest(facts), at=now,
               by_id=by.account_id)
    session.add(row)
    session.flush()
    record("draw.held", row, by=by, now=now, list_sha256=row.list_sha256, sha256=row.sha256, people=len(result))
    draw_protocol.freeze(nomination, row, facts, by=by, now=now)
    return row


def _called(text: str) -> tuple[int, ...]:
    try:
        return lots.parse_called_numbers(text)
    except Refused as refusal:
        refusal.field = "called_numbers"
        raise


def _taken(nomination: Nomination) -> set[str]:
    """Codes given out in the contest before."""
    codes = session.scalars(select(Participant.code).join(Nomination).where(
        Nomination.contest_id == nomination.contest_id, Participant.code.is_not(None)))
    return {code for code in codes if code}


def draws(nomination_id: int) -> list[Draw]:
    """Every run, the first one first."""
    return list(session.scalars(select(Draw).where(Draw.nomination_id == nomination_id).order_by(Draw.id)))


def newest_draw(nomination_id: int) -> Draw | None:
    """The last run, None before the first."""
    return session.scalar(select(Draw).where(Draw.nomination_id == nomination_id).order_by(Draw.id.desc()).limit(1))


def set_briefing(nomination: Nomination, *, title: str, text: str, by: Me, now: datetime) -> Briefing:
    """A new version of the briefing; earlier signatures stay with the text they were given to."""
    before = newest_briefing(nomination.id)
    if before is not None and (before.title, before.text) == (title, text):
        return before
    row = Briefing(nomination_id=nomination.id, version=before.version + 1 if before else 1, title=title, text=text,
                   sha256=digest({"title": title, "text": text}), created_at=now, by_id=by.account_id)
    session.add(row)
    session.flush()
    record("briefing.approved", row, by=by, now=now, version=row.version, sha256=row.sha256)
    return row


def newest_briefing(nomination_id: int) -> Briefing | None:
    """The text in force."""
    return session.scalar(select(Briefing).where(Briefing.nomination_id == nomination_id)
                          .order_by(Briefing.version.desc()).limit(1))


def sign_briefing(participant: Participant, *, address: str, by: Me, now: datetime,
                  version: int | None = None) -> BriefingSignature:
    """Acknowledge the newest text by simple signature; the route has confirmed the secret before.

    `version` is the one that was read: Refused when another has been approved since.
    """
    _refuse_withdrawn(participant)
    briefing = newest_briefing(participant.nomination_id)
    if briefing is None:
        raise Refused("no_text", "Текст инструктажа ещё не утверждён. Дождитесь сообщения организатора.")
    if version is not None and version != briefing.version:
        raise Refused("text_changed", "Пока страница была открыта, утвердили новую редакцию текста. Прочитайте её и "
                                      "подпишите ещё раз.")
    if (found := signature_of(participant, briefing)) is not None:
        return found
    row = BriefingSignature(briefing_id=briefing.id, participant_id=participant.id, text_sha256=briefing.sha256,
                            at=now, address=address[:45])
    session.add(row)
    session.flush()
    record("briefing.signed", row, by=by, now=now, participant=participant.id, sha256=briefing.sha256)
    return row


def signature_of(participant: Participant, briefing: Briefing | None) -> BriefingSignature | None:
    """The participant's signature under this version."""
    if briefing is None:
        return None
    return session.scalar(select(BriefingSignature).where(
        BriefingSignature.briefing_id == briefing.id, BriefingSignature.participant_id == participant.id))


def briefing_journal(nomination_id: int) -> list[tuple[BriefingSignature, Briefing, Participant]]:
    """Who acknowledged what and when."""
    rows = session.execute(select(BriefingSignature, Briefing, Participant).join(
        Briefing, Briefing.id == BriefingSignature.briefing_id).join(
        Participant, Participant.id == BriefingSignature.participant_id).options(
        joinedload(Participant.account), joinedload(Participant.application)).where(
            Briefing.nomination_id == nomination_id)
        .order_by(BriefingSignature.at))
    return [(signature, briefing, person) for signature, briefing, person in rows]


def show_identity(participant: Participant, face: storage.Received, document: storage.Received, *, by: Me,
                  now: datetime) -> Identity:
    """The participant shows face and document by camera; a person decides later."""
    _refuse_showing(participant)
    row = Identity(participant_id=participant.id, method="camera", face_id=storage.keep(face, now=now).id,
                   document_id=storage.keep(document, now=now).id, shown_at=now)
    session.add(row)
    session.flush()
    record("identity.shown", row, by=by, now=now, participant=participant.id, method="camera")
    _tell(participant)
    return row


def vouch_identity(participant: Participant, *, note: str, by: Me, now: datetime) -> Identity:
    """The site's responsible person has compared face and document in person."""
    _refuse_oneself(participant, by)
    _refuse_showing(participant)
    row = Identity(participant_id=participant.id, method="site", state="approved", shown_at=now, decided_at=now,
                   decided_by_id=by.account_id, reason=note[:300])
    session.add(row)
    session.flush()
    record("identity.approved", row, by=by, now=now, participant=participant.id, method="site")
    _tell(participant)
    return row


def _tell(participant: Participant) -> None:
    """The queue and the participant's own page change."""
    realtime.notify(f"identities:{participant.nomination_id}")
    realtime.notify(f"person:{participant.account_id}")


def _refuse_showing(participant: Participant) -> None:
    hold(participant, "withdrawn_at")
    _refuse_withdrawn(participant)
    newest = newest_identity(participant.id)
    if newest is not None and newest.state == "approved":
        raise Refused("approved", "Личность уже установлена, показывать документ ещё раз не нужно.")
    if newest is not None and newest.state == "waiting":
        raise Refused("waiting", "Снимки уже отправлены и ждут проверки. Страница обновится, когда её закончат.")


def _refuse_oneself(participant: Participant, by: Me) -> None:
    if participant.account_id == by.account_id:
        raise Refused("oneself", "О себе решать нельзя: личность устанавливает другой человек.")


def _refuse_withdrawn(participant: Participant) -> None:
    if participant.withdrawn_at is not None:
        raise Refused("withdrawn", "Заявка отозвана: участие прекращено. Если это ошибка, обратитесь к организатору.")


def newest_identity(participant_id: int) -> Identity | None:
    """The last showing."""
    return session.scalar(select(Identity).where(Identity.participant_id == participant_id)
                          .order_by(Identity.id.desc()).limit(1))


def photo(identity: Identity, which: str) -> storage.Blob:
    """The picture of the face or the document; NotVisible when it was not taken by camera."""
    blob = session.get(storage.Blob, (identity.face_id if which == "face" else identity.document_id) or 0)
    if blob is None:
        raise NotVisible
    return blob


def decide_identity(identity: Identity, *, outcome: str, reason: str, by: Me, now: datetime) -> None:
    """Approve or refuse a showing, once; a refusal says why. Nobody decides about themselves."""
    participant = session.get_one(Participant, identity.participant_id)
    _refuse_oneself(participant, by)
    hold(identity, "state")
    if identity.state != "waiting":
        raise Refused("decided", "По этим снимкам решение уже принято. Обновите страницу.")
    if outcome not in ("approve", "refuse"):
        raise Refused("outcome", "Выберите: личность установлена или отказ.", field="outcome")
    if outcome == "refuse" and not reason.strip():
        raise Refused("reason", "Напишите, что не так: участник увидит это и повторит показ.", field="reason")
    identity.state = "approved" if outcome == "approve" else "refused"
    identity.decided_at, identity.decided_by_id, identity.reason = now, by.account_id, reason[:300]
    record(f"identity.{identity.state}", identity, by=by, now=now, participant=identity.participant_id)
    _tell(participant)


def identity_queue(nomination_id: int) -> list[tuple[Identity, Participant]]:
    """Everybody's newest showing, those who wait first, by time."""
    rows = session.execute(select(Identity, Participant).join(Participant).options(
        joinedload(Participant.account), joinedload(Participant.application)).where(
        Participant.nomination_id == nomination_id, Participant.withdrawn_at.is_(None)).order_by(Identity.id)).tuples()
    newest = {person.id: (identity, person) for identity, person in rows}
    return sorted(newest.values(), key=lambda pair: (pair[0].state != "waiting", pair[0].shown_at))


def contest_of(participant: Participant) -> Contest:
    """The contest of a participation."""
    return session.scalars(select(Contest).join(Nomination).where(Nomination.id == participant.nomination_id)).one()


def mark_absent(participant: Participant, *, reason: str, by: Me, now: datetime) -> None:
    """«Не явился»: kept as a fact with its reason, shown in the summary."""
    hold(participant, "no_show", "withdrawn_at")
    _refuse_withdrawn(participant)
    if participant.no_show:
        raise Refused("absent", "Неявка уже отмечена.")
    participant.no_show = reason[:200]
    record("participant.absent", participant, by=by, now=now)


def by_code(nomination_id: int) -> dict[str, Participant]:
    """Participants by code, for those who know only codes."""
    rows = session.scalars(select(Participant).where(
        Participant.nomination_id == nomination_id, Participant.code.is_not(None)))
    return {str(person.code): person for person in rows}


def names(nomination_id: int) -> dict[int, str]:
    """Full names by participant, as they stand in the applications. Opened only by those who may."""
    rows = session.execute(select(Participant.id, Application.fields).join(
        Application, Application.id == Participant.application_id).where(Participant.nomination_id == nomination_id))
    return {key: " ".join(part for part in (fields.get("last_name"), fields.get("first_name"),
                                            fields.get("middle_name")) if part) for key, fields in rows.tuples()}
