"""«Что дальше» of papers: a certificate to get, a draft to agree, a protocol to sign, hand over, accept, check."""
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from contest import scope
from contest.models import Nomination
from contest.rules.roles import COMMISSION, EXPERT_CHAIR, EXPERTS, ORGANISER, SECRETARY, STAFF
from core.access import Me
from core.db import session
from core.registry import Step
from scoring import keys
from scoring.models.papers import Handover, PaperSignature, Protocol, Signatory

SIGNERS = EXPERTS | COMMISSION


def next_steps(me: Me, now: datetime) -> Iterator[Step]:
    """Everything this part has for the person to do."""
    if me.roles & SIGNERS and keys.in_force(me.account_id, now) is None:
        yield Step("Получите сертификат для подписи", "/signing/key", "Получить", "Без него протокол не подписать",
                   weight=60)
    yield from _own(me)
    if EXPERT_CHAIR in me.roles:
        yield from _chair(me)
    if me.roles & STAFF:
        yield from _staff(me)


def _own(me: Me) -> Iterator[Step]:
    rows = session.execute(select(Signatory, Protocol).join(Protocol, Protocol.id == Signatory.protocol_id).options(
        selectinload(Protocol.agreements)).where(
        Signatory.account_id == me.account_id, Protocol.state.in_(("on_approval", "signing")))).tuples()
    for row, protocol in rows:
        url = f"/protocols/{protocol.id}"
        if protocol.state == "signing" and row.state == "waiting":
            yield Step(f"Подпишите протокол № {protocol.number}", f"{url}/signature", "Подписать", protocol.title,
                       due=protocol.signing_due_at, lead=True, weight=5)
        elif protocol.state == "signing":
            yield Step(f"Протокол № {protocol.number}: ваш ответ записан", url, done=True)
        elif not any(said.account_id == me.account_id and said.facts_sha256 == protocol.facts_sha256
                     for said in protocol.agreements):
            yield Step(f"Согласуйте проект протокола № {protocol.number}", url, "Прочитать", protocol.title,
                       due=protocol.approval_due_at, lead=True, weight=10)


def _chair(me: Me) -> Iterator[Step]:
    rows = session.scalars(select(Protocol).join(Nomination, Nomination.id == Protocol.nomination_id).where(
        Protocol.kind == "experts", scope.nominations_of(me, EXPERT_CHAIR),
        Protocol.state.in_(("draft", "on_approval", "signed", "signed_with_dissent", "returned", "failed"))))
    for protocol in rows:
        url = f"/protocols/{protocol.id}"
        if protocol.state == "draft":
            yield Step(f"Отправьте на согласование протокол № {protocol.number}", url, lead=True, weight=15)
        elif protocol.state == "on_approval":
            yield Step(f"Зафиксируйте текст протокола № {protocol.number}", url, hint="Когда все согласуют",
                       due=protocol.approval_due_at, weight=40)
        elif protocol.state in ("returned", "failed"):
            yield Step(f"Составьте следующую редакцию протокола № {protocol.number}", url, lead=True, weight=10)
        else:
            yield Step(f"Передайте протокол № {protocol.number} комиссии", f"{url}/handover", "Передать", lead=True,
                       weight=10)


def _staff(me: Me) -> Iterator[Step]:
    given = session.scalars(select(Handover).join(Protocol).join(
        Nomination, Nomination.id == Protocol.nomination_id).options(joinedload(Handover.protocol)).where(
        Handover.state == "given", scope.nominations_of(me, SECRETARY, ORGANISER)))
    for row in given:
        yield Step(f"Примите протокол № {row.protocol.number}", f"/protocols/{row.protocol_id}/handover", "Открыть",
                   "Передан экспертной группой", lead=True, weight=10)
    papers = session.scalars(select(PaperSignature).join(Protocol, Protocol.id == PaperSignature.protocol_id).where(
        PaperSignature.state == "entered", PaperSignature.entered_by_id != me.account_id,
        Protocol.contest_id.in_(me.ids("contest", STAFF))))
    for paper in papers:
        yield Step("Сверьте скан подписи на бумаге", f"/paper/{paper.id}/check", "Сверить", weight=15)


def actions() -> dict[str, str]:
    """Words of the journal for the deeds of this part."""
    return {
        "agreement.accepted": "соглашение об электронном взаимодействии принято",
        "certificate.issued": "сертификат выдан",
        "certificate.revoked": "сертификат отозван", "passphrase.failed": "неверная фраза подписи",
        "protocol.drafted": "протокол составлен", "protocol.approval_opened": "протокол на согласовании",
        "protocol.agreed": "проект согласован", "protocol.remark": "замечание к проекту",
        "protocol.remark_answered": "ответ на замечание", "protocol.frozen": "текст протокола зафиксирован",
        "protocol.registered": "файл протокола зарегистрирован", "protocol.signed_by": "протокол подписал член",
        "protocol.signed": "протокол подписан", "protocol.signed_with_dissent": "протокол подписан с особым мнением",
        "protocol.failed": "протокол не подписан", "protocol.refused_by": "отказ от подписи",
        "protocol.missed_by": "не подписал в срок", "protocol.dissent": "особое мнение",
        "protocol.names_opened": "имена участников открыты", "protocol.superseded": "протокол заменён",
        "protocol.handed_over": "протокол передан комиссии", "protocol.accepted": "протокол принят комиссией",
        "protocol.returned": "протокол возвращён", "paper.entered": "скан подписи внесён",
        "paper.checked": "подписан на бумаге", "paper.refused": "скан подписи не принят"}
