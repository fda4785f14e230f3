"""What the public page of a document shows: nothing about people that the document itself does not."""
import hashlib
from datetime import datetime
from typing import Any

from core.words import moment
from scoring import verification
from scoring.genuine import Verdict
from scoring.handover import of_protocol
from scoring.verification import Paper

OUTCOMES = {
    "genuine": ("ok", "Документ подлинный", "Все правила проверки выполнены."),
    "unfinished": ("warn", "Подписание не закончено", "Всё, что в файле есть, верно; собраны не все подписи."),
    "altered": ("bad", "Файл не подлинный", "Не выполнено хотя бы одно правило: этому файлу нельзя доверять."),
    "unproven": ("warn", "Проверено не всё", "Нарушений не найдено, но часть правил проверить нельзя."),
}
RULE_WORDS = {"ok": ("ok", "Да"), "failed": ("bad", "Нет"), "not_run": ("idle", "Не проверено")}
SIGNED = {"signed": ("ok", "Верна"), "paper": ("ok", "Подписан на бумаге"), "refused": ("bad", "Отказ от подписи"),
          "missed": ("warn", "Не подписал в срок"), "waiting": ("idle", "Ещё не подписал")}


def context(paper: Paper, verdict: Verdict | None, *, now: datetime, sent: bytes | None = None,
            name: str = "") -> dict[str, Any]:
    """Everything on /v/<token>; `sent` are the bytes of a file that was given to be checked."""
    found = hashlib.sha256(sent).hexdigest() if sent is not None else ""
    rules = [{"number": rule.number, "title": rule.title, "text": rule.text, "kind": RULE_WORDS[rule.state][0],
              "words": RULE_WORDS[rule.state][1]} for rule in verdict.rules] if verdict else []
    passed = sum(rule.state == "ok" for rule in verdict.rules) if verdict else 0
    return {"paper": paper, "document": paper.document, "protocol": paper.protocol, "state": paper.state,
            "zone": paper.document.meta["zone"], "facts": _facts(paper), "rules": rules, "passed": passed,
            "outcome": _outcome(paper, verdict, found), "signers": _signers(paper), "sent": name if sent else "",
            "sent_sha256": found, "earlier": _earlier(paper, found), "now": now,
            "certificates": verification.certificates(paper), "file_name": _file_name(paper)}


def _outcome(paper: Paper, verdict: Verdict | None, found: str) -> tuple[str, str, str]:
    if verdict is not None:
        return OUTCOMES[verdict.outcome]
    if paper.blob is None:
        return "info", "Документ записан в реестр", "Его файл ещё готовится. Обновите страницу через минуту."
    if found and found != paper.blob.sha256:
        return "bad", "Файл не совпадает с реестром", "Отпечаток файла другой: он изменён или это другой документ."
    words = "Ваш файл совпадает с записанным до последнего байта." if found else "Сравните отпечаток своего файла."
    return "ok", "Документ есть в реестре", words


def _earlier(paper: Paper, found: str) -> str:
    """Which earlier revision the file is, in words."""
    rows = paper.protocol.revisions if paper.protocol else []
    for row in rows[:-1]:
        if row.sha256 == found:
            return (f"Это файл с {row.number} из {rows[-1].number} подписей, записанный "
                    f"{moment(row.at, paper.document.meta['zone'])}: после него документ подписывали ещё.")
    return ""


def _facts(paper: Paper) -> list[tuple[str, str]]:
    zone, protocol = paper.document.meta["zone"], paper.protocol
    rows = [("Вид", paper.document.title), ("Составлен", moment(paper.document.created_at, zone))]
    if protocol is not None:
        rows += [("Номинация" if protocol.nomination else "Конкурс",
                  protocol.nomination.title if protocol.nomination else protocol.contest.title),
                 ("Редакция", str(protocol.edition)), ("Подписан", _when(protocol.completed_at, zone))]
        given = of_protocol(protocol.id)
        if given is not None:
            rows.append(("Передан комиссии", moment(given.given_at, zone)))
            if given.decided_at is not None:
                rows.append(("Принят" if given.state == "accepted" else "Возвращён", moment(given.decided_at, zone)))
    return rows


def _when(at: datetime | None, zone: str) -> str:
    return moment(at, zone) if at else "подписание не закончено"


def _signers(paper: Paper) -> list[dict[str, Any]]:
    if paper.dissent is not None:
        row = paper.dissent.signatory
        return [{"name": row.name, "role": row.role, "at": paper.dissent.at, "kind": "ok", "words": "Верна",
                 "certificate": paper.dissent.certificate_sha256, "note": ""}]
    rows = paper.protocol.signatories if paper.protocol else []
    return [{"name": row.name, "role": row.role, "at": row.at, "kind": SIGNED[row.state][0],
             "words": SIGNED[row.state][1], "certificate": row.certificate_sha256 if row.state == "signed" else "",
             "note": _note(row)} for row in rows]


def _note(row: Any) -> str:
    if row.dissent is not None and row.dissent.sha256:
        return f"особое мнение, SHA-256 {row.dissent.sha256}"
    checked = next((paper for paper in row.papers if paper.state == "checked"), None)
    return f"скан подписанного листа, SHA-256 {checked.sha256}" if checked else ""


def _file_name(paper: Paper) -> str:
    return f"{paper.document.number.replace('/', '-')}.pdf" if paper.document.number else "dokument.pdf"
