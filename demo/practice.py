"""Practice of the seed: tasks, who opened them when, and the results handed in."""
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from contest.models import Event, Nomination
from core import storage
from core.canonical import digest
from core.db import reading, session
from demo import pictures
from demo.beginnings import organiser
from demo.cast import Person
from demo.entrants import participant
from demo.story import Story
from exam import accesses, sealed_tasks, tasks
from exam.accesses import Visit
from exam.documents import task_accesses
from exam.models import FirstAccess

VISIT = Visit(agent="Mozilla/5.0 (demo)")


def task(story: Story, nomination_key: str, *, at: datetime, title: str, text: str, drawing: tuple[str, ...],
         lasts: timedelta) -> None:
    """A task on the nomination's practice event with a one-page PDF."""
    def add(now: datetime) -> None:
        event = session.get_one(Event, story.cast[f"{nomination_key}:practice"])
        page = storage.receive(pictures.sheet(title, drawing), allowed=storage.PDF, max_bytes=5 * storage.MB)
        row = tasks.add_task(event, title=title, text=text, files=[("Задание.pdf", page)],
                             closes_at=event.starts_at + lasts, by=organiser(story), now=now)
        story.cast[f"{nomination_key}:task"] = row.id
    story.at(at, add)


def look(story: Story, nomination_key: str, person: Person, *, at: datetime) -> None:
    """Somebody of the staff reads the task: journalled, with «до начала» when it is before the hour."""
    def view(now: datetime) -> None:
        me = story.person(person.key)
        with reading():
            found = tasks.load(story.cast[f"{nomination_key}:task"])
        accesses.note_staff_view(found, by=me, now=now)
    story.at(at, view, slow=True)


def protocol(story: Story, nomination_key: str, *, at: datetime) -> None:
    """«Протокол доступа к заданию», made by the organiser after the end."""
    def freeze(now: datetime) -> None:
        row = tasks.load(story.cast[f"{nomination_key}:task"])
        task_accesses.freeze(row, session.get_one(Nomination, row.nomination_id), by=organiser(story), now=now)
    story.at(at, freeze)


def perform(story: Story, nomination_key: str, person: Person, *, at: datetime, lasts: timedelta, again: bool = False,
            paper: bool = False, sealed: bool = False) -> None:
    """First access at `at`, the page shown, perhaps opened again; a photo (and a PDF) handed in after `lasts`.

    `sealed`: the encrypted package had been delivered a quarter of an hour before, what opened it was the key.
    """
    key = f"{nomination_key}:task"
    if sealed:
        story.at(at - timedelta(minutes=15), partial(_deliver, story, key, person), slow=True)
    story.at(at, partial(_open, story, key, person, sealed))
    story.at(at + timedelta(seconds=1), partial(_after_first, story, key, person, _sent), slow=True)
    story.at(at + timedelta(seconds=2), partial(_shown, story, key, person))
    if again:
        story.at(at + timedelta(minutes=25), partial(_after_first, story, key, person, _later), slow=True)
    story.at(at + lasts, partial(_hand_in, story, key, person, "photo.jpg", "Общий вид после выполнения"))
    if paper:
        story.at(at + lasts + timedelta(minutes=3), partial(_hand_in, story, key, person, "card.pdf",
                                                            "Карта самоконтроля"))


def _deliver(story: Story, key: str, person: Person, now: datetime) -> None:
    with reading():
        who = participant(story, person).id
    sealed_tasks.note_delivered(story.cast[key], who, address="", sha256=digest([key, person.key]),
                                by=story.person(person.key), now=now)


def _open(story: Story, key: str, person: Person, sealed: bool, now: datetime) -> None:
    accesses.open_task(tasks.load(story.cast[key]), participant(story, person), VISIT, by=story.person(person.key),
                       now=now, sealed=sealed)


def _after_first(story: Story, key: str, person: Person, call: Callable[[FirstAccess, datetime], object],
                 now: datetime) -> None:
    with reading():
        first = accesses.first_access(tasks.load(story.cast[key]), participant(story, person))
    assert first is not None
    call(first, now)


def _sent(first: FirstAccess, now: datetime) -> None:
    accesses.note_sent(first.id, now=now)


def _later(first: FirstAccess, _now: datetime) -> None:
    accesses.note_text(first, VISIT)


def _shown(story: Story, key: str, person: Person, now: datetime) -> None:
    first = accesses.first_access(tasks.load(story.cast[key]), participant(story, person))
    assert first is not None
    accesses.mark_opened(first, now=now)


def _hand_in(story: Story, key: str, person: Person, name: str, note: str, now: datetime) -> None:
    pdf = name.endswith(".pdf")
    made = pictures.sheet(note, ("Размеры проверены.", "Место убрано.")) if pdf else pictures.work(person.key)
    received = storage.receive(made, allowed=storage.PDF if pdf else storage.IMAGES, max_bytes=5 * storage.MB)
    tasks.hand_in(tasks.load(story.cast[key]), participant(story, person), received=received, name=name, note=note,
                  by=story.person(person.key), now=now)
