"""Genuine or not: the verdict over the bytes of a signed document, rules 1–8 (the journal's rule 9 is added above).

Pure: bytes, what the registry knows, trust roots and `now` in, a verdict out. Signatures alone miss a file cut back to
an earlier revision, trailing bytes and edits inside the last /Contents; the registry finds them, and a stranger without
it is told which rules were not run. Takes about 0.1 s of CPU per
signature: run it off the web loop.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from cryptography import x509

from core.documents.typography import NBSP

if TYPE_CHECKING:
    from scoring.reading import ReadFile, ReadSignature

State = Literal["ok", "failed", "not_run"]
Recompute = Callable[[bytes, bytes], str | None]

TITLES = {1: ("registered", "Файл совпадает с реестром"), 2: ("signatures", "Подписи целы и верны"),
          3: ("covers_all", "Последняя подпись покрывает весь файл"), 4: ("form_only", "Ранние подписи не переписаны"),
          5: ("fields", "Каждая подпись стоит на своём месте"), 6: ("complete", "Подписали все, кто должен"),
          7: ("canonical", "Внутри подписей нет посторонних данных"), 8: ("facts", "Данные пересчитаны и совпали"),
          9: ("journal", "Документ есть в журнале")}
NOT_RUN = "Не проверено: для этого нужен реестр сервиса."


@dataclass(frozen=True)
class RegisteredRevision:
    """What the registry knows of one revision.

    `sha256` of the file; `certificates`: field → SHA-256 of the certificate that may stand there, the registrar's field
    included; `required`: fields that must be signed or refused; `refused`: field → reason on record;
    `facts_sha256` of the attached facts.json.
    """

    sha256: str
    certificates: Mapping[str, str]
    required: frozenset[str]
    facts_sha256: str
    refused: Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """One checked rule: its number, code, state and a Russian sentence for the page."""

    number: int
    code: str
    state: State
    title: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """Rules in order and the signatures found (empty when the file cannot be read)."""

    sha256: str
    rules: tuple[Rule, ...]
    signatures: tuple[ReadSignature, ...]

    @property
    def outcome(self) -> Literal["genuine", "unfinished", "altered", "unproven"]:
        """genuine: every rule holds; unfinished: only signatures are missing; altered: a rule is broken;
        unproven: nothing is broken, but rules that need the registry were not run."""
        failed = {rule.number for rule in self.rules if rule.state == "failed"}
        if failed:
            return "unfinished" if failed == {6} and self.rules[0].state == "ok" else "altered"
        return "unproven" if any(rule.state == "not_run" for rule in self.rules) else "genuine"

    def with_rule(self, number: int, state: State, text: str) -> Verdict:
        """The verdict with one more rule, for checks that need the database (9, the journal)."""
        return replace(self, rules=(*self.rules, make_rule(number, state, text)))


def verdict(pdf: bytes, registry: RegisteredRevision | None, trust_roots: Sequence[x509.Certificate], *, now: datetime,
            crls: Sequence[bytes] = (), recompute: Recompute | None = None) -> Verdict:
    """Verdict over the bytes. Never raises for bad bytes: what cannot be read is a broken rule.

    `crls` are revocation lists in PEM or DER. `recompute(facts, pdf)` computes the printed rows again from the attached
    JSON and returns None, or a Russian sentence about the first difference.
    """
    from scoring import reading  # pyHanko: never at the start of a process
    sha256 = hashlib.sha256(pdf).hexdigest()
    first = _registered(sha256, registry)
    try:
        read = reading.read_signatures(pdf, trust_roots, crls)
    except reading.Unreadable as broken:
        return Verdict(sha256, (first, *_all_failed(str(broken))), ())
    rules = (first, _signatures(read, now), _covers_all(read), _form_only(read), _fields(read, registry),
             _complete(read, registry), _canonical(read), _facts(pdf, registry, recompute))
    return Verdict(sha256, rules, read.signatures)


def make_rule(number: int, state: State, text: str) -> Rule:
    """A rule with the title of its number."""
    code, title = TITLES[number]
    return Rule(number, code, state, title, text)


def _registered(sha256: str, registry: RegisteredRevision | None) -> Rule:
    if registry is None:
        return make_rule(1, "not_run", NOT_RUN)
    if sha256 == registry.sha256:
        return make_rule(1, "ok", "SHA-256 файла равен записанному в реестре.")
    return make_rule(1, "failed", "SHA-256 файла не равен записанному: файл изменён, обрезан, дополнен или это другая "
                                  "редакция.")


def _all_failed(reason: str) -> list[Rule]:
    return [make_rule(number, "failed", f"Файл не читается: {reason}.") for number in range(2, 9)]


def _signatures(read: ReadFile, now: datetime) -> Rule:
    if not read.signatures:
        return make_rule(2, "failed", "В файле нет ни одной подписи.")
    for signature in read.signatures:
        problem = signature.problem
        if problem is None and signature.signed_at is not None and signature.signed_at > now:
            problem = "время подписи ещё не наступило"
        if problem is not None:
            return make_rule(2, "failed", f"Поле {signature.field}, {signature.owner}: {problem}.")
    total = len(read.signatures)
    return make_rule(2, "ok", f"{total} из {total}, сертификаты действовали в момент подписи.")


def _covers_all(read: ReadFile) -> Rule:
    if not read.signatures:
        return make_rule(3, "failed", "В файле нет ни одной подписи.")
    if not read.signatures[-1].covers_file:
        return make_rule(3, "failed", "После последней подписи в файл что-то добавлено.")
    return make_rule(3, "ok", "После последней подписи не добавлено ни байта.")


def _form_only(read: ReadFile) -> Rule:
    if read.certified_by is None:
        return make_rule(4, "failed", "Нет заверения регистратора, которое запрещает изменения.")
    for signature in read.signatures:
        if not signature.later_changes_allowed:
            text = f"После подписи в поле {signature.field} изменено не только заполнение полей."
            return make_rule(4, "failed", text)
    return make_rule(4, "ok", "Между подписями только заполнение полей.")


def _fields(read: ReadFile, registry: RegisteredRevision | None) -> Rule:
    if registry is None:
        return make_rule(5, "not_run", NOT_RUN)
    for signature in read.signatures:
        if registry.certificates.get(signature.field) != signature.fingerprint:
            text = f"В поле {signature.field} стоит подпись не того человека: {signature.owner}."
            return make_rule(5, "failed", text)
    if not any(signature.field == read.certified_by for signature in read.signatures):
        return make_rule(5, "failed", "Нет заверения регистратора.")
    return make_rule(5, "ok", "Поле каждой подписи соответствует человеку из состава.")


def _complete(read: ReadFile, registry: RegisteredRevision | None) -> Rule:
    if registry is None:
        return make_rule(6, "not_run", NOT_RUN)
    signed = {signature.field for signature in read.signatures}
    missing = sorted(registry.required - signed - set(registry.refused))
    done = f"{len(registry.required & signed)} из {len(registry.required)}"
    if missing:
        return make_rule(6, "failed", f"Подписали {done}; нет подписи в полях: {', '.join(missing)}.")
    refused = len(registry.required & set(registry.refused))
    return make_rule(6, "ok", f"Подписали {done}, {f'отказов записано{NBSP}{refused}' if refused else 'отказов нет'}.")


def _canonical(read: ReadFile) -> Rule:
    for signature in read.signatures:
        if signature.stray is not None:
            return make_rule(7, "failed", f"Поле {signature.field}: {signature.stray}.")
    return make_rule(7, "ok", "Разметка подписей и вложенные сертификаты такие, как ожидалось.")


def _facts(pdf: bytes, registry: RegisteredRevision | None, recompute: Recompute | None) -> Rule:
    from scoring import reading
    try:
        facts = reading.attached_facts(pdf)
    except reading.Unreadable as broken:
        return make_rule(8, "failed", f"Вложенные данные не читаются: {broken}.")
    if registry is not None and hashlib.sha256(facts).hexdigest() != registry.facts_sha256:
        return make_rule(8, "failed", "Вложенные данные не равны записанным в реестре.")
    if recompute is not None:
        problem = recompute(facts, pdf)
        if problem is not None:
            return make_rule(8, "failed", problem)
        return make_rule(8, "ok", "Строки вычислены заново из вложенных данных и совпали с напечатанными.")
    if registry is None:
        return make_rule(8, "not_run", NOT_RUN)
    return make_rule(8, "ok", "Вложенные данные равны записанным в реестре; вычисляемых строк в документе нет.")
