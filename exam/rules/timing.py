"""The clock of a sitting: phase, deadline and the fate of a save, computed from stored facts (exam.md §1).

Pure functions of facts and `now`. Letters are those of the rules: window [O, C], limit L, grace G, hard end H, start
T0, extra time E, personal shift D, pauses P. Every instant is an aware UTC `datetime`; a naive one or another zone is a
programming error (`ValueError`). Both ends of the window and of the attempt belong to them; pauses are half-open.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import isfinite

from exam.rules.facts import (
    ZERO,
    Accepted,
    AttemptFacts,
    Countdown,
    Decision,
    Finish,
    Granted,
    LateBox,
    Pause,
    RefusedSave,
    Scope,
    Sitting,
    StartConditions,
    StartTerms,
    require_utc,
)
from exam.rules.intervals import covers, length, minus, union
from exam.rules.states import FinishReason, Phase

REOPEN_WITHIN = timedelta(minutes=30)
_WEEK_MS = 7 * 24 * 3600 * 1000.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FOREVER = datetime.max.replace(tzinfo=UTC)


def deadline(sitting: Sitting, facts: AttemptFacts, now: datetime) -> datetime:
    """Rule 3: `min(T0 + L + E + |P ∩ [T0, now]|, C + D + E + |P_common| + |P_own where compensated|, H)`.

    An open pause is taken as ended at `now`. A pause that began at or after the deadline that stood then, or after the
    finish in force, gives nothing back: the time was already over. `ValueError` when the attempt has not started.
    """
    require_utc(now)
    _started(facts)
    until = now if facts.finished is None else min(now, facts.finished.at)
    return _formula(sitting, facts, _counted(sitting, facts, now), until)


def phase(sitting: Sitting, facts: AttemptFacts, now: datetime, *, admitted: bool = False) -> Phase:
    """The participant's phase; `admitted` = identity, consents and briefing are in order.

    Time that ran out counts as finished as soon as DL + G has passed, whether or not anybody recorded it (rule 9).
    """
    require_utc(now)
    if facts.annulled is not None:
        return Phase.ANNULLED
    if facts.started is None:
        return Phase.ADMITTED if admitted else Phase.ASSIGNED
    if finish(sitting, facts, now) is not None:
        return Phase.FINISHED
    return Phase.PAUSED if _open_pauses(sitting, facts, now) else Phase.RUNNING


def finish(sitting: Sitting, facts: AttemptFacts, now: datetime) -> Finish | None:
    """The close in force: recorded, or due by time and not recorded yet."""
    return facts.finished or close_due(sitting, facts, now)


def close_due(sitting: Sitting, facts: AttemptFacts, now: datetime) -> Finish | None:
    """Rule 9: what a touch or a sweep at `now` has to record: strictly after DL + G, finish time DL; None when nothing.

    In a pause nothing is closed but by the hard end H.
    """
    require_utc(now)
    if facts.started is None or facts.finished is not None or facts.annulled is not None:
        return None
    ends = deadline(sitting, facts, now)
    border = sitting.hard_end if _open_pauses(sitting, facts, now) else ends
    return Finish(ends, FinishReason.DEADLINE) if now > border + sitting.grace else None


def remaining(sitting: Sitting, facts: AttemptFacts, now: datetime) -> timedelta:
    """Time left, never negative; in a pause the value frozen at its beginning; zero once finished or annulled.

    `ValueError` when the attempt has not started (see `start_terms`).
    """
    begun = _started(facts)
    if facts.annulled is not None or finish(sitting, facts, now) is not None:
        return ZERO
    opened = _open_pauses(sitting, facts, now)
    moment = max(begun, min(pause.start for pause in opened) if opened else now)
    known = replace(facts, pauses=tuple(_cut(facts.pauses, moment))) if opened else facts
    return max(ZERO, deadline(sitting, known, moment) - moment)


def countdown_state(sitting: Sitting, facts: AttemptFacts, now: datetime, *, admitted: bool = False) -> Countdown:
    """All the page needs to draw the time in any phase; `deadline` and `remaining` are None before the start."""
    current = phase(sitting, facts, now, admitted=admitted)
    if facts.started is None:
        return Countdown(current, None, now, None, None, False, False, None)
    ended = finish(sitting, facts, now)
    ends = deadline(sitting, facts, now)
    opened = _open_pauses(sitting, facts, now) if current is Phase.PAUSED else []
    return Countdown(
        phase=current,
        reason=ended.reason if ended else None,
        now=now,
        deadline=ends,
        remaining=remaining(sitting, facts, now),
        ticking=current is Phase.RUNNING,
        in_grace=current is Phase.RUNNING and now > ends,
        paused_since=min((pause.start for pause in opened), default=None),
    )


def start_terms(sitting: Sitting, facts: AttemptFacts, now: datetime) -> StartTerms:
    """What a start at `now` would give (rule 3, last sentence). An open pause counts as ended at `now`."""
    begun = replace(facts, started=now, finished=None, reopened=())
    ends = deadline(sitting, begun, now)
    time = max(ZERO, ends - now)
    return StartTerms(ends, time, shortened=time < sitting.limit + facts.extra)


def may_start(sitting: Sitting, facts: AttemptFacts, conditions: StartConditions, now: datetime) -> Decision:
    """Rule 2: may the attempt start at `now`? The first obstacle is named; borders are inclusive.

    Idempotence by the request key is the operation's part: here a started attempt is refused, `already_started`.
    """
    require_utc(now)
    for hindered, code, text in _obstacles(sitting, facts, conditions, now):
        if hindered:
            return Decision(False, code, text)
    return Decision(True)


def judge_save(
    sitting: Sitting, facts: AttemptFacts, received: datetime, edited: datetime | None = None
) -> Accepted | LateBox | RefusedSave:
    """Rules 4 and 5: does a save received at `received` count? `edited` is `edit_time(...)`, None when unknown.

    A save out of the network after the deadline, or after the beginning of a pause, counts within the grace if it was
    edited before. What was received before the finish in force counts although the finish was recorded first: an
    answer may wait for its turn to be written.
    """
    require_utc(received, *(() if edited is None else (edited,)))
    if facts.annulled is not None:
        return RefusedSave("annulled", "Выполнение задания аннулировано, ответы больше не принимаются.")
    if facts.started is None or received < facts.started:
        return RefusedSave("not_started", "Выполнение задания не начато. Нажмите «Начать» и ответьте ещё раз.")
    if any(gap.closed < received < gap.at for gap in facts.reopened):
        return LateBox()
    if facts.finished is not None and _over(facts.finished, received):
        return LateBox() if facts.finished.reason is FinishReason.DEADLINE else _after_finish(facts.finished)
    paused = _pause_start(sitting, facts, received, received)
    if paused is not None:
        in_time = edited is not None and edited < paused and received <= paused + sitting.grace
        return Accepted(late_in_grace=True) if in_time else _in_pause()
    ends = deadline(sitting, facts, received)
    if received <= ends:
        return Accepted()
    if edited is None or edited > ends or received > ends + sitting.grace:
        return LateBox()
    in_pause = _pause_start(sitting, facts, edited, received) is not None
    return LateBox() if in_pause else Accepted(late_in_grace=True)


def best_sync(samples: Iterable[tuple[datetime, float]], received: datetime) -> tuple[datetime, float] | None:
    """The sync of a page: of its acknowledged saves (receive time, mono) the one that waited least on its way.

    Only what was acknowledged before `received` counts: answers that arrive together say nothing about each other.
    """
    known = [sample for sample in samples if sample[0] < received]
    return min(known, key=lambda sample: (sample[0] - _EPOCH) - timedelta(milliseconds=sample[1]), default=None)


def edit_time(
    last_sync: datetime | None,
    sync_mono: float,
    mono: float,
    previous_ack: datetime | None,
    received: datetime,
) -> datetime:
    """Rule 5: estimated time of the edit = last sync + (mono − mono at the sync), bounded by [previous ack, received].

    `sync_mono` and `mono` are milliseconds of the page's `performance.now`. `last_sync` is None for a page not synced
    yet: its edit time is the receive time. The lower bound is open without a previous ack; pass T0 for it.
    """
    require_utc(received, *(moment for moment in (last_sync, previous_ack) if moment is not None))
    if last_sync is None or not isfinite(sync_mono) or not isfinite(mono):
        return received
    offset = min(max(mono - sync_mono, -_WEEK_MS), _WEEK_MS)
    estimate = last_sync + timedelta(milliseconds=offset)
    if previous_ack is not None:
        estimate = max(estimate, previous_ack)
    return min(estimate, received)


def judge_grant(sitting: Sitting, facts: AttemptFacts, now: datetime, granted: timedelta) -> Granted | Decision:
    """Rules 11 and 12: the new E when `granted` is given at `now`, or a refusal in words.

    A running attempt gets E + granted. One closed by `deadline` less than 30 min ago is reopened with
    DL = now + granted. Before the start the grant is judged as if the attempt started as soon as it may.
    Refused: not a positive time, an annulled or otherwise finished attempt, a grant that H would cut.
    """
    require_utc(now)
    if granted <= ZERO:
        return Decision(False, "not_positive", "Добавляемое время должно быть больше нуля.")
    if facts.annulled is not None:
        return Decision(False, "annulled", "Выполнение задания аннулировано, время добавить нельзя.")
    ended = finish(sitting, facts, now) if facts.started is not None else None
    if ended is not None:
        return _judge_reopening(sitting, facts, now, granted, ended)
    presumed = facts if facts.started is not None else replace(facts, started=max(now, sitting.opens + facts.shift))
    moment = max(now, _started(presumed))
    longer = replace(presumed, extra=facts.extra + granted)
    if _unbounded(sitting, longer, _counted(sitting, longer, moment), moment) > sitting.hard_end:
        return _cut_by_hard_end()
    return Granted(longer.extra, deadline(sitting, longer, moment), reopens=False)


def _started(facts: AttemptFacts) -> datetime:
    if facts.started is None:
        raise ValueError("the attempt has not started")
    return facts.started


def _counted(sitting: Sitting, facts: AttemptFacts, now: datetime) -> list[Pause]:
    """Pauses that began while the attempt still had time; the later ones came when it was over."""
    counted: list[Pause] = []
    for pause in sorted(facts.pauses, key=lambda item: item.start):
        if facts.finished is not None and pause.start >= facts.finished.at:
            break
        if pause.start >= _formula(sitting, facts, counted, now):
            break
        counted.append(pause)
    return counted


def _formula(sitting: Sitting, facts: AttemptFacts, pauses: Iterable[Pause], now: datetime) -> datetime:
    return min(_unbounded(sitting, facts, pauses, now), sitting.hard_end)


def _unbounded(sitting: Sitting, facts: AttemptFacts, pauses: Iterable[Pause], now: datetime) -> datetime:
    """Rule 3 without H."""
    begun = _started(facts)
    spans = [(pause, pause.as_of(now)) for pause in pauses]
    common = union(span for pause, span in spans if pause.scope is not Scope.OWN)
    own = union(span for pause, span in spans if pause.scope is Scope.OWN and pause.compensated)
    stood = length(union(span for _, span in spans), within=(begun, max(begun, now)))
    by_limit = begun + sitting.limit + facts.extra + stood
    by_window = sitting.closes + facts.shift + facts.extra + length(common) + length(minus(own, common))
    return min(by_limit, by_window)


def _open_pauses(sitting: Sitting, facts: AttemptFacts, now: datetime) -> list[Pause]:
    return [pause for pause in _counted(sitting, facts, now) if pause.end is None]


def _pause_start(sitting: Sitting, facts: AttemptFacts, moment: datetime, now: datetime) -> datetime | None:
    """When the pause that covers `moment` began, overlapping ones taken together; None outside pauses."""
    counted = _counted(sitting, facts, now)
    spans = union((pause.start, _FOREVER if pause.end is None else pause.end) for pause in counted)
    return next((span[0] for span in spans if covers(span, moment)), None)


def _cut(pauses: Iterable[Pause], moment: datetime) -> Iterable[Pause]:
    """The pauses as they stood at `moment`."""
    for pause in pauses:
        if pause.start < moment:
            yield replace(pause, end=moment if pause.end is None else min(pause.end, moment))


def _obstacles(
    sitting: Sitting, facts: AttemptFacts, conditions: StartConditions, now: datetime
) -> Iterable[tuple[bool, str, str]]:
    late = now > sitting.closes + facts.shift
    yield facts.annulled is not None, "annulled", "Выполнение задания аннулировано. Обратитесь к секретарю."
    yield facts.started is not None, "already_started", "Выполнение задания уже начато. Откройте страницу задания."
    yield now < sitting.opens + facts.shift, "too_early", "Время начала ещё не наступило. Дождитесь открытия задания."
    yield late, "too_late", "Время, отведённое для начала, истекло. Обратитесь к наблюдателю."
    yield (
        conditions.running_elsewhere,
        "running_elsewhere",
        ("Задание уже выполняется на другом устройстве. Продолжите там или обратитесь к наблюдателю."),
    )
    yield not conditions.consents_signed, "no_consents", "Не подписаны согласия. Подпишите их на странице участника."
    yield (
        not conditions.briefing_acknowledged,
        "no_briefing",
        ("Инструктаж не подтверждён подписью. Пройдите инструктаж и подпишите журнал."),
    )
    yield (
        not conditions.identity_approved,
        "no_identity",
        ("Личность не подтверждена. Пройдите проверку личности у наблюдателя или ответственного за площадку."),
    )
    paused = any(pause.end is None or covers((pause.start, pause.end), now) for pause in facts.pauses)
    yield paused, "paused", "Объявлена пауза. Начать можно после её окончания."
    time = ZERO if late else start_terms(sitting, facts, now).time
    yield (
        _less_than_share(time, sitting),
        "too_little_time",
        (
            "До окончания осталось меньше установленной доли времени. Пройдите повторный инструктаж "
            "и выполните задание со следующей группой."
        ),
    )


def _less_than_share(time: timedelta, sitting: Sitting) -> bool:
    step = timedelta(microseconds=1)
    return Fraction(time // step) < sitting.min_share * (sitting.limit // step)


def _over(finished: Finish, received: datetime) -> bool:
    """Whether the work had ended when the save was received. The instant of the deadline still belongs to it."""
    return received > finished.at if finished.reason is FinishReason.DEADLINE else received >= finished.at


def _after_finish(finished: Finish) -> RefusedSave:
    if finished.reason is FinishReason.PARTICIPANT:
        return RefusedSave("finished", "Вы завершили выполнение задания, ответы больше не принимаются.")
    return RefusedSave("finished", "Выполнение задания прекращено, ответы не принимаются. Обратитесь к наблюдателю.")


def _in_pause() -> RefusedSave:
    return RefusedSave("paused", "Объявлена пауза, ответы не принимаются. Продолжите после её окончания.")


def _judge_reopening(
    sitting: Sitting, facts: AttemptFacts, now: datetime, granted: timedelta, ended: Finish
) -> Granted | Decision:
    if ended.reason is not FinishReason.DEADLINE:
        return Decision(False, "finished", "Выполнение задания завершено не по времени, продолжить его нельзя.")
    if now - ended.at >= REOPEN_WITHIN:
        text = "С окончания времени прошло 30 минут или больше. Предложите комиссии повторное выполнение."
        return Decision(False, "reopen_too_late", text)
    target = max(now, ended.at) + granted  # a clock that stepped back takes nothing away
    if target > sitting.hard_end:
        return _cut_by_hard_end()
    reopened = replace(facts, finished=None)
    known = [pause for pause in facts.pauses if pause.start < now]
    extra = facts.extra + (target - _unbounded(sitting, reopened, known, now))
    return Granted(extra, target, reopens=True)


def _cut_by_hard_end() -> Decision:
    return Decision(
        False,
        "hard_end",
        "Добавленное время выходит за крайний срок окончания. Уменьшите его или предложите резервный день.",
    )
