"""Setting up a contest: announcement, nominations, timetable, rule settings. What is frozen stays."""
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from contest.models import Body, ConsentText, Contest, Event, Nomination
from contest.rules import events as event_kinds
from contest.rules import settings as rule_settings
from contest.rules import states
from contest.scope import hold
from core import access
from core.access import Me
from core.canonical import digest
from core.db import session
from core.errors import Refused
from core.journal import record
from core.states import move

DATES = ("applications_open_at", "applications_close_at")


def create_contest(*, by: Me, now: datetime, **facts: Any) -> Contest:
    """A new contest in draft; its maker becomes its organiser. Refuses dates in the wrong order."""
    _check_dates(facts.get("applications_open_at"), facts.get("applications_close_at"))
    contest = Contest(created_at=now, **facts)
    session.add(contest)
    session.flush()
    access.grant_role(by.account_id, "organiser", kind="contest", scope_id=contest.id, basis="создал конкурс", now=now)
    record("contest.created", contest, by=by, now=now, region=contest.region, year=contest.year, zone=contest.zone)
    return contest


def edit_contest(contest: Contest, *, by: Me, now: datetime, **facts: Any) -> None:
    """Change the words and dates of a contest. The zone is fixed once it is announced; what changed is journalled."""
    if contest.state != "draft":
        _refuse_fixed(contest, facts)
    _check_dates(facts.get("applications_open_at"), facts.get("applications_close_at"))
    before = {name: getattr(contest, name) for name in DATES}
    changed = [name for name, value in facts.items() if getattr(contest, name) != value]
    for name in changed:
        setattr(contest, name, facts[name])
    record("contest.edited", contest, by=by, now=now, changed=sorted(changed), before=before,
           after={name: getattr(contest, name) for name in DATES})


def _refuse_fixed(contest: Contest, facts: dict[str, Any]) -> None:
    if facts.get("zone", contest.zone) != contest.zone:
        raise Refused("zone_fixed", "Часовой пояс объявленного конкурса не меняют: по нему назначены все события.",
                      field="zone")
    for name in DATES:
        if name in facts and facts[name] is None:
            raise Refused("dates_missing", "Конкурс объявлен: сроки приёма заявок можно изменить, но не убрать.",
                          field=name)


def _check_dates(opens: datetime | None, closes: datetime | None) -> None:
    if opens and closes and opens >= closes:
        raise Refused("dates_order", "Приём заявок заканчивается раньше, чем начинается. Исправьте время окончания.",
                      field="applications_close_at")


def announce(contest: Contest, *, by: Me, now: datetime) -> None:
    """Make the contest public. Refuses while something a visitor needs is missing."""
    hold(contest, "state")
    missing = missing_for_announcement(contest)
    if missing:
        raise Refused("not_ready", "Объявить конкурс пока нельзя: " + "; ".join(missing) + ".")
    move(contest, "announced", states.CONTEST, words=states.CONTEST_WORDS)
    contest.announced_at = now
    record("contest.announced", contest, by=by, now=now)


def begin(contest: Contest, *, by: Me, now: datetime) -> None:
    """The organiser's act «Конкурс проводится»: every nomination's rules are frozen by now. Refused otherwise."""
    hold(contest, "state")
    loose = session.scalars(select(Nomination.title).where(
        Nomination.contest_id == contest.id, Nomination.settings_frozen_at.is_(None)).order_by(Nomination.id)).all()
    if loose:
        raise Refused("not_frozen", f"Сначала закрепите правила номинаций: {', '.join(loose)}.")
    move(contest, "running", states.CONTEST, words=states.CONTEST_WORDS)
    record("contest.begun", contest, by=by, now=now)


def finish(contest: Contest, *, by: Me, now: datetime) -> None:
    """The organiser's act «Конкурс завершён»: nothing of the timetable is ahead. Refused otherwise."""
    hold(contest, "state")
    ahead = session.scalar(select(Event.title).join(Nomination).where(
        Nomination.contest_id == contest.id, Event.kind != "reserve",
        func.coalesce(Event.ends_at, Event.starts_at) > now).order_by(Event.starts_at).limit(1))
    if ahead is not None:
        raise Refused("ahead", f"Впереди ещё событие расписания: {ahead}. Завершить конкурс можно после него.")
    move(contest, "finished", states.CONTEST, words=states.CONTEST_WORDS)
    record("contest.finished", contest, by=by, now=now)


def missing_for_announcement(contest: Contest) -> list[str]:
    """What stands between a draft and its announcement, in words."""
    missing = []
    if not contest.applications_open_at or not contest.applications_close_at:
        missing.append("укажите начало и окончание приёма заявок")
    nominations = list(session.scalars(select(Nomination.id).where(Nomination.contest_id == contest.id)))
    if not nominations:
        missing.append("добавьте хотя бы одну номинацию")
    kinds = set(session.scalars(select(ConsentText.kind).where(ConsentText.contest_id == contest.id)))
    if not {"processing", "video", "publication"} <= kinds:
        missing.append("утвердите тексты трёх согласий")
    if session.scalar(select(Body.id).where(Body.contest_id == contest.id, Body.kind == "commission")) is None:
        missing.append("назначьте конкурсную комиссию")
    return missing


def add_nomination(contest: Contest, *, title: str, profession: str, prize_places: int, requirements: dict[str, Any],
                   by: Me, now: datetime) -> Nomination:
    """A new nomination with the default rule settings. Refuses a title that is there already."""
    _refuse_same_title(contest.id, title)
    nomination = Nomination(contest_id=contest.id, title=title, profession=profession, prize_places=prize_places,
                            requirements=requirements, settings=rule_settings.defaults(prize_places=prize_places))
    session.add(nomination)
    session.flush()
    record("nomination.added", nomination, by=by, now=now, title=title, prize_places=prize_places)
    return nomination


def edit_nomination(nomination: Nomination, *, by: Me, now: datetime, **facts: Any) -> None:
    """Change a nomination's words and requirements; prize places follow the frozen rules and stay with them."""
    hold(nomination, "settings", "settings_frozen_at")
    if facts.get("title", nomination.title) != nomination.title:
        _refuse_same_title(nomination.contest_id, facts["title"])
    if nomination.settings_frozen_at and facts.get("prize_places", nomination.prize_places) != nomination.prize_places:
        raise Refused("frozen", "Число призовых мест закреплено вместе с правилами и уже не меняется.",
                      field="prize_places")
    changed = [name for name, value in facts.items() if getattr(nomination, name) != value]
    for name in changed:
        setattr(nomination, name, facts[name])
    if "prize_places" in changed:
        kept = rule_settings.defaults(prize_places=nomination.prize_places)["prize_places"]
        clause = rule_settings.clause(nomination.settings, "prize_places")
        nomination.settings = {**nomination.settings, "prize_places": {**kept, "clause": clause}}
    record("nomination.edited", nomination, by=by, now=now, changed=sorted(changed))


def _refuse_same_title(contest_id: int, title: str) -> None:
    if session.scalar(select(Nomination.id).where(Nomination.contest_id == contest_id, Nomination.title == title)):
        raise Refused("same_title", "Номинация с таким названием уже есть. Выберите другое название.", field="title")


def set_settings(nomination: Nomination, values: dict[str, Any], *, by: Me, now: datetime) -> None:
    """Replace the rule settings ({key: {"value", "clause"}}, checked by rules/settings). Refuses once frozen."""
    hold(nomination, "settings_frozen_at")
    if nomination.settings_frozen_at:
        raise Refused("frozen", "Правила номинации закреплены и не меняются до конца этапа.")
    nomination.settings = values
    if "prize_places" in values:
        nomination.prize_places = setting(nomination, "prize_places")
    record("nomination.settings", nomination, by=by, now=now, sha256=digest(values))


def freeze_settings(nomination: Nomination, *, by: Me, now: datetime) -> None:
    """Fix the rules before the start: nothing of them changes any more. Refuses a second time."""
    hold(nomination, "settings", "settings_frozen_at")
    if nomination.settings_frozen_at:
        raise Refused("frozen", "Правила уже закреплены.")
    nomination.settings_frozen_at = now
    nomination.settings_sha256 = rule_settings.frozen_digest(nomination.settings)
    record("nomination.settings_frozen", nomination, by=by, now=now, sha256=nomination.settings_sha256)


def setting(nomination: Nomination, key: str) -> Any:
    """The typed value of one rule setting, its default where the nomination has none."""
    return rule_settings.value(nomination.settings, key)


def add_event(nomination: Nomination, *, kind: str, title: str, starts_at: datetime, ends_at: datetime | None,
              place: str, by: Me, now: datetime) -> Event:
    """A line of the timetable. Refuses an end before its start and an unknown kind."""
    _check_event(kind, starts_at, ends_at)
    event = Event(nomination_id=nomination.id, kind=kind, title=title or event_kinds.KINDS[kind],
                  starts_at=starts_at, ends_at=ends_at, place=place)
    session.add(event)
    session.flush()
    record("event.added", event, by=by, now=now, kind=kind, starts_at=starts_at, ends_at=ends_at)
    return event


def edit_event(event: Event, *, by: Me, now: datetime, **facts: Any) -> None:
    """Move or rename an event; both the old and the new time stay in the journal."""
    _check_event(facts.get("kind", event.kind), facts["starts_at"], facts.get("ends_at"))
    before = {"starts_at": event.starts_at, "ends_at": event.ends_at}
    for name, value in facts.items():
        setattr(event, name, value)
    record("event.edited", event, by=by, now=now, before=before, starts_at=event.starts_at, ends_at=event.ends_at)


def remove_event(event: Event, *, by: Me, now: datetime) -> None:
    """Take a line out of the timetable before it has begun. Refused when a theory or a task was tied to it."""
    if event.starts_at <= now:
        raise Refused("begun", "Событие уже началось, удалить его нельзя. Измените время или название.")
    record("event.removed", ("event", event.id), by=by, now=now, kind=event.kind, starts_at=event.starts_at)
    try:
        with session.begin_nested():
            session.delete(event)
    except IntegrityError:
        raise Refused("tied", "К событию уже привязаны задания или теория, удалить его нельзя. Измените время или "
                              "название.") from None


def _check_event(kind: str, starts_at: datetime, ends_at: datetime | None) -> None:
    if kind not in event_kinds.KINDS:
        raise Refused("kind", "Выберите вид события из списка.", field="kind")
    if ends_at is not None and ends_at <= starts_at:
        raise Refused("order", "Событие заканчивается раньше, чем начинается. Исправьте время окончания.",
                      field="ends_at")


def events(nomination_id: int, kind: str | None = None) -> list[Event]:
    """The timetable of a nomination in order, of one kind or of all."""
    query = select(Event).where(Event.nomination_id == nomination_id).order_by(Event.starts_at, Event.id)
    return list(session.scalars(query.where(Event.kind == kind) if kind else query))


def set_consent_texts(contest: Contest, texts: dict[str, str], *, by: Me, now: datetime) -> None:
    """New versions of the consent texts that differ from the newest ones; old versions stay with who signed them."""
    newest = consent_texts(contest.id)
    for kind, text in texts.items():
        before = newest.get(kind)
        if before is not None and before.text == text:
            continue
        version = before.version + 1 if before else 1
        row = ConsentText(contest_id=contest.id, kind=kind, version=version, text=text, sha256=digest(text),
                          created_at=now)
        session.add(row)
        session.flush()
        record("consent_text.approved", row, by=by, now=now, kind=kind, version=version, sha256=row.sha256)


def consent_texts(contest_id: int) -> dict[str, ConsentText]:
    """The newest version of each consent text, by kind."""
    rows = session.scalars(select(ConsentText).where(ConsentText.contest_id == contest_id)
                           .order_by(ConsentText.kind, ConsentText.version))
    return {row.kind: row for row in rows}
