"""Marks of the seed: the scheme, sheets filled by every expert, one divergence settled, signatures."""
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from contest.models import Nomination
from core import storage
from core.db import session
from demo.beginnings import organiser
from demo.cast import Person
from demo.entrants import participant
from demo.story import Story
from scoring import divergences, schemes, sheets
from scoring.formats.scheme_xlsx import read_scheme_xlsx
from scoring.models.sheets import Divergence, Sheet
from scoring.rules.entry import Entry
from scoring.rules.scheme import Aspect

FILES = Path(__file__).parent / "files"
BASIS = "видеозапись целиком, файлы результата"
LAPSES = {"strong": (92, 100), "good": (68, 94), "fair": (45, 85)}
"""Of a hundred aspects, how many are done without a lapse, and how many with no more than one."""


@dataclass(frozen=True)
class Panel:
    """Who marks whom. `levels` by participant's key, `penalties` are notes by participant's key; `apart` is a
    participant and the expert (from 0) who sees the look of that work two levels lower at first."""

    experts: tuple[Person, ...]
    people: tuple[Person, ...]
    levels: dict[str, str]
    penalties: dict[str, str] = field(default_factory=dict)
    apart: tuple[str, int] = ("", -1)


def load_scheme(story: Story, nomination_key: str, *, at: datetime, file: str) -> None:
    """The scheme from a workbook of the project, frozen an hour later."""
    def load(now: datetime) -> None:
        data = (FILES / file).read_bytes()
        received = storage.receive(data, allowed=frozenset({storage.content.XLSX}), max_bytes=5 * storage.MB)
        schemes.upload(session.get_one(Nomination, story.cast[nomination_key]), read_scheme_xlsx(data), received,
                       name=file, by=organiser(story), now=now)

    def freeze(now: datetime) -> None:
        draft = schemes.of_state(story.cast[nomination_key], "draft")
        assert draft is not None
        schemes.freeze(draft, by=organiser(story), now=now)

    story.at(at, load)
    story.at(at + timedelta(hours=1), freeze)


def assign(story: Story, nomination_key: str, *, at: datetime) -> None:
    """Every expert gets a sheet of every participant."""
    story.at(at, lambda now: sheets.assign(session.get_one(Nomination, story.cast[nomination_key]), by=organiser(story),
                                           now=now))


def mark_all(story: Story, nomination_key: str, panel: Panel, *, at: datetime) -> None:
    """Each expert fills the sheets one by one; the sheets of one participant take forty minutes."""
    for number, person in enumerate(panel.people):
        for order, expert in enumerate(panel.experts):
            moment = at + timedelta(minutes=40 * number + 7 * order)
            story.at(moment, partial(_fill, story, nomination_key, panel, person, order))
            story.at(moment + timedelta(minutes=20), partial(_hand_in, story, nomination_key, expert, person))


def _fill(story: Story, nomination_key: str, panel: Panel, person: Person, order: int, now: datetime) -> None:
    me = story.person(panel.experts[order].key)
    sheet = sheets.own(me, _sheet_id(story, nomination_key, panel.experts[order], person))
    entries = {aspect.id: _entry(aspect, panel, person, order) for aspect in sheets.module_of(sheet).aspects()}
    sheets.save(sheet, entries, by=me, now=now)


def _sheet_id(story: Story, nomination_key: str, expert: Person, person: Person) -> int:
    return session.scalars(select(Sheet.id).where(
        Sheet.nomination_id == story.cast[nomination_key], Sheet.expert_id == story.cast[expert.key],
        Sheet.participant_id == participant(story, person).id)).one()


def _entry(aspect: Aspect, panel: Panel, person: Person, order: int) -> Entry:
    if aspect.kind == "penalty":
        note = panel.penalties.get(person.key, "")
        return Entry({"count": int(bool(note)), "note": note, "moment_seconds": None}, "")
    chance = _number(person.key, aspect.id)
    clean, minor = LAPSES[panel.levels[person.key]]
    lapses = 0 if chance < clean else 1 if chance < minor else 2
    if aspect.kind == "judgement" and panel.apart == (person.key, order):
        lapses += 2
    return Entry(_mark(aspect, lapses, stricter=_number(person.key, aspect.id, order) < 18), "")


def _number(*words: object) -> int:
    """A number from 0 to 99 that is always the same for the same words."""
    return hashlib.sha256(":".join(map(str, words)).encode()).digest()[0] * 100 // 256


def _mark(aspect: Aspect, lapses: int, *, stricter: bool) -> dict[str, Any]:
    """A mark for so many lapses; a stricter expert sees a little less, never far enough for a divergence."""
    spec = aspect.spec
    if aspect.kind == "yes_no":
        return {"yes": lapses < 2}
    if aspect.kind == "measurement":
        inside = (spec["low"] + spec["high"]) // 2 + 7 * stricter
        return {"value": spec["high"] + lapses * spec["step"] - 10 if lapses else inside}
    if aspect.kind == "defects":
        return {"counts": [lapses + stricter, *[0] * (len(spec["defects"]) - 1)]}
    if aspect.kind == "judgement":
        return {"level": max(0, 3 - lapses - (stricter and lapses < 2))}
    if aspect.kind == "time":
        return {"seconds": spec["norm_seconds"] - 240 + 270 * lapses}
    return {"step": min(lapses, len(spec["steps"]) - 1)}


def _hand_in(story: Story, nomination_key: str, expert: Person, person: Person, now: datetime) -> None:
    me = story.person(expert.key)
    sheets.submit(sheets.own(me, _sheet_id(story, nomination_key, expert, person)), by=me, now=now)


def reconcile(story: Story, nomination_key: str, panel: Panel, *, at: datetime) -> None:
    """The expert who stood apart changes the mark by one level, the others keep theirs, the chair closes."""
    def plan(now: datetime) -> None:
        for row in divergences.of_nomination(story.cast[nomination_key], only_open=True):
            for number, stance in enumerate(row.stances):
                story.at(now + timedelta(minutes=10 * number), partial(
                    _stand, story, panel, row.aspect_id, stance.sheet_id, stance.sheet.expert_id))
            story.at(now + timedelta(minutes=50), partial(_close, story, panel, row.id))
    story.at(at, plan)


def _stand(story: Story, panel: Panel, aspect_id: str, sheet_id: int, expert_id: int, now: datetime) -> None:
    order = next(n for n, one in enumerate(panel.experts) if story.cast[one.key] == expert_id)
    me = story.person(panel.experts[order].key)
    sheet = sheets.own(me, sheet_id)
    aspect = next(one for one in sheets.module_of(sheet).aspects() if one.id == aspect_id)
    if order == panel.apart[1]:
        level = sheets.values(sheet)[aspect_id]["level"] + 1
        divergences.stand(sheet, aspect, outcome="change", mark={"level": level}, by=me, now=now,
                          reason="Пересмотрел запись: отклонение одно, рисунок в целом ровный.")
    else:
        divergences.stand(sheet, aspect, outcome="keep", mark=None, by=me, now=now,
                          reason="Отклонения есть, но работа соответствует описанию уровня.")


def _close(story: Story, panel: Panel, divergence_id: int, now: datetime) -> None:
    row: Divergence = divergences.load(divergence_id)
    divergences.close(row, resolution="Обсудили по записи, оценки сближены до одного уровня.",
                      by=story.person(panel.experts[0].key), now=now)


def sign_all(story: Story, nomination_key: str, panel: Panel, *, at: datetime) -> None:
    """Every expert signs every sheet, three minutes apart."""
    moment = at
    for expert in panel.experts:
        for person in panel.people:
            story.at(moment, partial(_sign, story, nomination_key, expert, person))
            moment += timedelta(minutes=3)


def _sign(story: Story, nomination_key: str, expert: Person, person: Person, now: datetime) -> None:
    me = story.person(expert.key)
    sheets.sign(sheets.own(me, _sheet_id(story, nomination_key, expert, person)), basis=BASIS, by=me, now=now)
