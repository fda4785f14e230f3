"""A neutral document and people to sign it: made once per run, shared by the tests of signatures and verdicts."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from core.documents.process import DocumentMeta, Rendered, RenderJob, RenderProcess
from scoring import pki
from scoring.genuine import RegisteredRevision
from scoring.pades import REGISTRAR_FIELD, FieldSpec, prepare, sign
from scoring.stamp import stamp_for
from scoring.timestamps import InternalTimeStamper

BORN = datetime(2026, 5, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 18, 9, 0, 12, tzinfo=UTC)
ZONE = "Asia/Tomsk"
# pdfsig looks at the real clock: people of this sample stay valid for the life of the project.
LONG = 40 * 365
NAMES = ("Гордеев Павел Андреевич", "Лебедев Игорь Николаевич", "Константинопольская-Задунайская Александра Петровна")
FACTS = {"subject": "проба подписи", "place": "г. Томск", "paragraphs": ["Участник У-0417 выполнил задание за 57 мин."],
         "rows": [[number, f"У-{number:04d}", 9000 - number] for number in range(1, 4)]}


@dataclass(frozen=True)
class Sample:
    """An authority, people, the rendered document, its prepared and signed bytes."""

    authority: pki.Authority
    members: tuple[pki.Credential, ...]
    rendered: Rendered
    prepared: bytes
    signed: bytes

    def fields(self) -> list[str]:
        return [anchor.name for anchor in self.rendered.anchors]

    def registry(self, pdf: bytes, **changes: object) -> RegisteredRevision:
        certificates = {field: member.fingerprint for field, member in zip(self.fields(), self.members, strict=True)}
        known = {"sha256": hashlib.sha256(pdf).hexdigest(), "required": frozenset(self.fields()), "refused": {},
                 "certificates": certificates | {REGISTRAR_FIELD: self.authority.registrar.fingerprint},
                 "facts_sha256": self.rendered.facts_sha256}
        return RegisteredRevision(**(known | changes))


def make_authority(now: datetime = BORN) -> pki.Authority:
    root = pki.make_root("Департамент труда", now=now, days=LONG)
    issuing = pki.make_issuing(root, "Департамент труда", now=now, days=LONG)
    return pki.Authority(root.certificate, issuing,
                         pki.issue_registrar(issuing, organisation="Департамент труда", valid_from=now, days=LONG),
                         pki.issue_tsa(issuing, organisation="Департамент труда", valid_from=now, days=LONG))


def make_member(authority: pki.Authority, number: int, *, valid_from: datetime = BORN,
                days: int = LONG) -> pki.Credential:
    return pki.issue_member(authority.issuing, full_name=NAMES[number % len(NAMES)], organisation="ООО «Сибсварка»",
                            opaque_id=f"m{number}", valid_from=valid_from, days=days)


def job(**changes: object) -> RenderJob:
    meta = DocumentMeta("Протокол", "ЭГ-70-03", "2026-06-18", "2026-06-18T09:00:00Z", ZONE,
                        "https://konkurs.example.ru/v/k7m2q9vd4xh3t8rw5znb6pc1ya", "ДЕПАРТАМЕНТ ТРУДА")
    signers = tuple({"field": f"Member{number:02d}", "role": "Эксперт", "name": "Лебедев И. Н."}
                    for number in range(1, len(NAMES) + 1))
    known = {"template": "documents/sample.html", "facts": FACTS, "meta": meta, "signers": signers}
    return RenderJob(**(known | changes))


def stamper(authority: pki.Authority, now: datetime = NOW) -> InternalTimeStamper:
    return InternalTimeStamper(authority.tsa, now)


def specs(rendered: Rendered, members: tuple[pki.Credential | None, ...]) -> list[FieldSpec]:
    return [FieldSpec(anchor.name, anchor.page, anchor.rect, member and member.certificate)
            for anchor, member in zip(rendered.anchors, members, strict=True)]


def signed_by(pdf: bytes, field: str, member: pki.Credential, authority: pki.Authority, now: datetime) -> bytes:
    return sign(pdf, field, member, now=now, reason="Протокол подписан", timestamper=stamper(authority, now),
                stamp=stamp_for(member.certificate, now=now, zone=ZONE))


@cache
def rendered() -> Rendered:
    process = RenderProcess()
    try:
        return process.render(job())
    finally:
        process.close()


@cache
def sample() -> Sample:
    authority = make_authority()
    members = tuple(make_member(authority, number) for number in range(len(NAMES)))
    ready = prepare(rendered().pdf, specs(rendered(), members), authority.registrar, now=NOW,
                    timestamper=stamper(authority))
    signed = ready
    for number, member in enumerate(members):
        field, moment = rendered().anchors[number].name, NOW + timedelta(minutes=number + 1)
        signed = signed_by(signed, field, member, authority, moment)
    return Sample(authority, members, rendered(), ready, signed)
