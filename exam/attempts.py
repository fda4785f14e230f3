"""Attempts: start once, save answer by answer, finish, close on time, mark. Time is decided by exam/rules/timing alone."""
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from contest import contests
from contest.models import Nomination, Participant
from core import db
from core.access import Me
from core.canonical import canonical
from core.db import session
from core.errors import NotVisible, Refused
from core.journal import record
from exam import bank, sittings
from exam.models import Attempt, AttemptQuestion, BankQuestion, LateSave, Save, Sitting
from exam.questions.base import Answer
from exam.questions.registry import KINDS
from exam.rules import facts, marking, timing
from exam.rules.states import FinishReason

log = structlog.get_logger("exam")


@dataclass(frozen=True)
class Sent:
    """One save as the browser sent it; `question` is the id of the paper's line."""

    question: int
    seq: int
    value: Any
    client_id: str
    mono: float | None
    page_id: str


@dataclass(frozen=True)
class Ack:
    """The participant's receipt for one save (exam.md §1 rule 6)."""

    seq: int
    at: datetime
    number: int
    hash: str


def load(attempt_id: int) -> Attempt:
    """An attempt with its paper; NotVisible when there is none."""
    found = session.scalar(select(Attempt).where(Attempt.id == attempt_id).options(
        selectinload(Attempt.questions).joinedload(AttemptQuestion.question), joinedload(Attempt.participant)))
    if found is None:
        raise NotVisible
    return found


def own(me: Me, attempt_id: int) -> Attempt:
    """The person's own attempt."""
    found = load(attempt_id)
    if found.participant.account_id != me.account_id:
        raise NotVisible
    return found


def of_participant(sitting_id: int, participant_id: int) -> Attempt | None:
    """The participant's attempt in a sitting."""
    return session.scalar(select(Attempt).where(
        Attempt.sitting_id == sitting_id, Attempt.participant_id == participant_id))


def may_start(sitting: Sitting, participant: Participant, now: datetime) -> facts.Decision:
    """Rule 2 for this participant at `now`."""
    attempt = of_participant(sitting.id, participant.id)
    return timing.may_start(sittings.rules_of(sitting), sittings.facts_of(attempt),
                            sittings.conditions_of(participant), now)


def start(sitting: Sitting, participant: Participant, *, request_key: str, by: Me, now: datetime) -> Attempt:
    """Begin once: a second call with any key gives the same attempt while it runs. T0 and the paper are one transaction.

    Refused by rule 2 in its words, or when the participant has no code yet.
    """
    existing = of_participant(sitting.id, participant.id)
    if existing is not None:
        return existing
    if participant.code is None:
        raise Refused("no_code", "Жеребьёвка ещё не проведена. Дождитесь кода участника.")
    decision = may_start(sitting, participant, now)
    if not decision.allowed:
        raise Refused(decision.code, decision.text)
    seed = secrets.token_hex(16)
    attempt = Attempt(sitting_id=sitting.id, participant_id=participant.id, seed=seed, request_key=request_key[:64],
                      session_id=by.session_id, started_at=now, head_hash="")
    session.add(attempt)
    session.flush()
    attempt.head_hash = hashlib.sha256(str(attempt.id).encode()).hexdigest()
    for position, question in enumerate(_paper(sitting, participant.variant, seed), start=1):
        session.add(AttemptQuestion(attempt_id=attempt.id, question_id=question.id, position=position))
    session.flush()
    record("attempt.started", attempt, by=by, now=now, sitting=sitting.id, participant=participant.id)
    return attempt


def _paper(sitting: Sitting, variant: int, seed: str) -> list[BankQuestion]:
    """The questions of a variant (the same for all who drew it), in an order of the participant's own."""
    rows = list(session.scalars(select(BankQuestion).where(BankQuestion.bank_id == sitting.bank_id)))
    chosen = sorted(rows, key=lambda row: _hash(f"{sitting.id}:{variant}:{row.sha256}:{row.id}"))
    return sorted(chosen[:sitting.question_count], key=lambda row: _hash(f"{seed}:{row.id}"))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def countdown(attempt: Attempt, now: datetime) -> facts.Countdown:
    """Phase, deadline, time left: what every reply carries."""
    return timing.countdown_state(sittings.rules_of(attempt.sitting), sittings.facts_of(attempt), now)


def save(attempt: Attempt, sent: Sent, *, now: datetime) -> Ack:
    """Keep one answer durably and give its receipt. `now` is the server's receive time.

    Refused: `deadline_passed` (the body is kept in the late box by the edge, see `keep_late`), `finished`, `paused`,
    `unknown_question`, `seq_conflict`, or the kind's own refusal of the value. Saves are idempotent by client id.
    """
    session.refresh(attempt, with_for_update=True)
    line = next((row for row in attempt.questions if row.id == sent.question), None)
    if line is None:
        raise Refused("unknown_question", "Такого вопроса в вашем задании нет. Обновите страницу.", status=422)
    if (again := _repeated(attempt.id, sent)) is not None:
        return again
    verdict = timing.judge_save(sittings.rules_of(attempt.sitting), sittings.facts_of(attempt), now,
                                _edited(attempt, sent, now))
    if isinstance(verdict, facts.LateBox):
        refusal = Refused(verdict.code, verdict.text)
        refusal.fact = lambda: keep_late(attempt.id, sent, now=now)
        raise refusal
    if isinstance(verdict, facts.RefusedSave):
        raise Refused(verdict.code, verdict.text)
    answer = KINDS[line.question.kind].parse_answer(line.question.record["body"], sent.value)
    return _append(attempt, line, sent, answer, late=verdict.late_in_grace, now=now)


def _repeated(attempt_id: int, sent: Sent) -> Ack | None:
    row = session.scalar(select(Save).where(Save.attempt_id == attempt_id, Save.client_id == sent.client_id))
    if row is None:
        row = session.scalar(select(Save).where(
            Save.attempt_id == attempt_id, Save.question_id == sent.question, Save.seq == sent.seq))
        if row is not None and json.loads(row.value) != sent.value:
            raise Refused("seq_conflict", "Этот же вопрос изменён в другой вкладке. Обновите страницу: показан "
                                          "последний сохранённый ответ.")
    return Ack(row.seq, row.received_at, row.number, row.hash) if row is not None else None


def _edited(attempt: Attempt, sent: Sent, now: datetime) -> datetime | None:
    """Rule 5: the estimated moment of the edit, from the page's last acknowledged save; None for an unsynced page."""
    if sent.mono is None:
        return None
    last = session.execute(select(Save.received_at, Save.mono_ms).where(
        Save.attempt_id == attempt.id, Save.page_id == sent.page_id, Save.mono_ms.is_not(None))
        .order_by(Save.number.desc()).limit(1)).first()
    if last is None:
        return None
    return timing.edit_time(last.received_at, float(last.mono_ms), sent.mono, attempt.last_ack_at, now)


def _append(attempt: Attempt, line: AttemptQuestion, sent: Sent, answer: Answer, *, late: bool, now: datetime) -> Ack:
    value = json.dumps(answer, ensure_ascii=False, sort_keys=True)
    number = (session.scalar(select(func.max(Save.number)).where(Save.attempt_id == attempt.id)) or 0) + 1
    mono = int(sent.mono) if sent.mono is not None else None
    body = {"attempt": attempt.id, "question": line.id, "seq": sent.seq, "value": value, "mono": mono,
            "page": sent.page_id, "client": sent.client_id, "at": now}
    chained = hashlib.sha256(attempt.head_hash.encode() + canonical(body)).hexdigest()
    session.add(Save(attempt_id=attempt.id, question_id=line.id, number=number, seq=sent.seq, value=value,
                     client_id=sent.client_id, page_id=sent.page_id, mono_ms=mono, received_at=now,
                     late_in_grace=late, hash=chained))
    attempt.head_hash, attempt.last_ack_at = chained, now
    session.flush()
    return Ack(sent.seq, now, number, chained)


def keep_late(attempt_id: int, sent: Sent, *, now: datetime) -> None:
    """Put what came too late into the late box, once."""
    known = session.scalar(select(LateSave.id).where(
        LateSave.attempt_id == attempt_id, LateSave.client_id == sent.client_id))
    if known is None:
        session.add(LateSave(attempt_id=attempt_id, question_id=sent.question, seq=sent.seq,
                             value=json.dumps(sent.value, ensure_ascii=False)[:20_000], client_id=sent.client_id,
                             received_at=now))


def flag(attempt: Attempt, question: int, flagged: bool) -> None:
    """Remember the participant's own mark «вернуться»."""
    line = next((row for row in attempt.questions if row.id == question), None)
    if line is None:
        raise Refused("unknown_question", "Такого вопроса в вашем задании нет. Обновите страницу.", status=422)
    line.flagged = flagged


def answers(attempt_id: int) -> dict[int, tuple[int, Answer]]:
    """Per line of the paper: the highest seq and its answer."""
    rows = session.execute(select(Save.question_id, Save.seq, Save.value).where(Save.attempt_id == attempt_id)
                           .order_by(Save.seq)).tuples()
    return {question: (seq, json.loads(value)) for question, seq, value in rows}


def finish(attempt: Attempt, *, by: Me, now: datetime) -> None:
    """The participant ends the work; a time that has run out meanwhile is what counts. Refused when it has ended."""
    session.refresh(attempt, with_for_update=True)
    due = timing.close_due(sittings.rules_of(attempt.sitting), sittings.facts_of(attempt), now)
    if attempt.finished_at is not None:
        return
    state = countdown(attempt, now)
    over = state.deadline is not None and now > state.deadline
    ended = due or facts.Finish(state.deadline if over and state.deadline else now,
                                FinishReason.DEADLINE if over else FinishReason.PARTICIPANT)
    _close(attempt, ended, by=by, now=now)


def close_if_due(attempt: Attempt, *, now: datetime) -> bool:
    """Rule 9: record the close that time has brought, exactly once."""
    session.refresh(attempt, with_for_update=True)
    due = timing.close_due(sittings.rules_of(attempt.sitting), sittings.facts_of(attempt), now)
    if due is None:
        return False
    _close(attempt, due, by=None, now=now)
    return True


def _close(attempt: Attempt, ended: facts.Finish, *, by: Me | None, now: datetime) -> None:
    attempt.finished_at, attempt.finish_reason = ended.at, ended.reason.value
    paper = _mark(attempt)
    attempt.points, attempt.max_points = paper.total, paper.maximum
    attempt.marks = [{"question": int(mark.question), "earned": mark.earned or 0, "maximum": mark.maximum}
                     for mark in paper.marks]
    record("attempt.finished", attempt, by=by, now=now, at=ended.at, reason=ended.reason.value, points=paper.total,
           maximum=paper.maximum, head=attempt.head_hash)


def _mark(attempt: Attempt) -> marking.PaperMarks:
    lines: Sequence[AttemptQuestion] = session.scalars(select(AttemptQuestion).options(
        joinedload(AttemptQuestion.question)).where(AttemptQuestion.attempt_id == attempt.id)
        .order_by(AttemptQuestion.position)).all()
    given = {str(key): answer for key, (_seq, answer) in answers(attempt.id).items()}
    nomination = session.get_one(Nomination, attempt.sitting.nomination_id)
    penalty = Decimal(int(contests.setting(nomination, "wrong_answer_penalty"))) / 100
    return marking.mark_paper({str(line.id): bank.question(line.question) for line in lines}, given,
                              wrong_penalty=penalty)


def close_overdue(now: datetime) -> int:
    """Sweep: close what time has ended, one transaction each; one failure never keeps another open."""
    with db.reading():
        waiting = list(session.scalars(select(Attempt).where(Attempt.finished_at.is_(None))))
        due = [row.id for row in waiting if timing.close_due(
            sittings.rules_of(row.sitting), sittings.facts_of(row), now) is not None]
    closed = 0
    for attempt_id in due:
        try:
            with db.transaction():
                closed += close_if_due(session.get_one(Attempt, attempt_id), now=now)
        except Exception:
            log.exception("attempt not closed", attempt=attempt_id)
    return closed
