"""The final receipt of an attempt, for its participant to keep: every save with its hash, the head, the seals."""
import hmac
from typing import Any

from sqlalchemy import select

from core import words
from core.canonical import NotCanonical
from core.db import session
from core.errors import NotVisible
from exam import answers, attempts, bank_pages, receipt_check, receipts, sealing
from exam.attempt_pages import nomination_of
from exam.models import Attempt, Save
from exam.receipt_check import Line
from exam.rules.states import FINISH_WORDS, FinishReason


def document(attempt: Attempt) -> dict[str, Any]:
    """The receipt as JSON (docs/receipts.md); `participant` is loaded. NotVisible while the attempt runs."""
    if attempt.finished_at is None:
        raise NotVisible("Выполнение задания ещё не завершено.")
    rows = session.scalars(select(Save).where(Save.attempt_id == attempt.id).order_by(Save.number))
    made = {"form": receipt_check.FORM, "attempt": attempt.id, "code": attempt.participant.code or "",
            "nomination": nomination_of(attempt.sitting).title, "started": attempt.started_at.isoformat(),
            "finished": attempt.finished_at.isoformat(), "reason": attempt.finish_reason, "count": attempt.save_count,
            "head": attempt.head_hash, "seal": head_seal(attempt)}
    return made | {"final_seal": sealing.final_seal(made), "saves": [_save(row) for row in rows]}


def head_seal(attempt: Attempt) -> str:
    """The service's seal of the end of the chain."""
    return receipts.seal(sealing.receipt_key(), attempt.id, attempt.save_count, attempt.head_hash)


def _save(row: Save) -> dict[str, Any]:
    return {"number": row.number, "question": row.question_id, "seq": row.seq, "value": row.value, "mono": row.mono_ms,
            "page": row.page_id, "client": row.client_id, "at": row.received_at.isoformat(), "hash": row.hash}


def page(attempt: Attempt) -> dict[str, Any]:
    """The final receipt to print (receipt.html). NotVisible while the attempt runs."""
    if attempt.finished_at is None or attempt.finish_reason is None:
        raise NotVisible("Выполнение задания ещё не завершено.")
    nomination = nomination_of(attempt.sitting)
    zone, total = nomination.contest.zone, len(attempts.paper(attempt.id))
    return {
        "nomination": nomination, "attempt": attempt,
        "state": FINISH_WORDS[FinishReason(attempt.finish_reason)].capitalize(),
        "title": "Ответы приняты", "heading": "Расписка о сохранённых ответах",
        "lead": f"Номинация «{nomination.title}», код {attempt.participant.code}.",
        "evidence": {"label": "Завершено", "text": words.moment(attempt.finished_at, zone),
                     "iso": attempt.finished_at.isoformat(), "zone": words.zone_words(zone, attempt.finished_at),
                     "sha256": attempt.head_hash,
                     "proves": "Отпечаток складывается из всех сохранённых ответов по порядку: ни один нельзя "
                               "заменить незаметно."},
        "facts": [("Начато", words.moment(attempt.started_at, zone)),
                  ("Сохранено ответов", f"{answers.counts([attempt.id])[attempt.id]} из {total}"),
                  ("Сохранений в цепочке", attempt.save_count), ("Печать сервиса", head_seal(attempt)),
                  ("Поступило после окончания времени", answers.late([attempt.id]).get(attempt.id, 0)),
                  ("Баллы за теорию", f"{bank_pages.points_words(attempt.points or 0)} из "
                                      f"{bank_pages.points_words(attempt.max_points or 0)}")],
        "downloads": [{"text": "Скачать расписку", "url": f"/attempts/{attempt.id}/receipt.json"}],
        "back": {"text": "Что дальше", "url": "/"}}


def check(kept: Any) -> list[Line]:
    """What is right and wrong about a kept receipt: its chain, its seals, what the database says today."""
    found = receipt_check.chain(kept)
    if all(line.holds for line in found):
        found = [*found, _sealed(kept), _stored(kept)]
    return found


def _sealed(kept: dict[str, Any]) -> Line:
    given = kept.get("final_seal")
    try:
        ours = sealing.final_seal(receipt_check.facts(kept)).encode()
        holds = isinstance(given, str) and hmac.compare_digest(ours, given.encode())
    except (NotCanonical, UnicodeError):
        holds = False
    return Line(holds, "Печать сервиса подлинная." if holds else
                "Печать не этого сервиса, или сведения о времени и завершении изменены.")


def _stored(kept: dict[str, Any]) -> Line:
    attempt = session.get(Attempt, kept["attempt"]) if 0 < kept["attempt"] < 2**31 else None
    holds = attempt is not None and (attempt.head_hash == kept["head"] or session.scalar(select(Save.id).where(
        Save.attempt_id == attempt.id, Save.hash == kept["head"])) is not None)
    return Line(holds, "В базе данных эта цепочка есть." if holds else
                "В базе данных этой цепочки нет: её восстановили из более старой копии или изменили.")
