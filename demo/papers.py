"""Papers of the seed: the experts' protocol drafted, agreed, frozen, signed, handed over."""
from datetime import datetime, timedelta
from functools import partial

from contest.models import Nomination
from core import db
from core.db import session
from core.documents.papers import ensure_rendered
from demo import cast
from demo.cast import Person
from demo.story import Story
from scoring import handover, protocols, signing
from scoring.documents import expert_protocol
from scoring.models.papers import Protocol


def _protocol(story: Story, key: str) -> Protocol:
    found = protocols.load(story.cast[key])
    assert found is not None
    return found


def draft(story: Story, nomination_key: str, chair: Person, *, at: datetime) -> None:
    """The chair drafts the protocol from the summary and sends it to the group."""
    key = protocol_key(nomination_key)

    def make(now: datetime) -> None:
        nomination = session.get_one(Nomination, story.cast[nomination_key])
        story.cast[key] = expert_protocol.draft(nomination, by=story.person(chair.key), now=now).id

    story.at(at, make)
    approve(story, key, chair, at=at + timedelta(minutes=10))


def approve(story: Story, key: str, chair: Person, *, at: datetime) -> None:
    """The chair sends a draft to its signers for agreement."""
    story.at(at, lambda now: protocols.open_approval(_protocol(story, key), due_at=None, by=story.person(chair.key),
                                                     now=now))


def protocol_key(nomination_key: str) -> str:
    """Where the story keeps the experts' protocol of a nomination."""
    return f"{nomination_key}:protocol"


def agree(story: Story, key: str, people: tuple[Person, ...], *, at: datetime) -> None:
    """Everybody agrees with the draft, fifteen minutes apart."""
    def say(person: Person, now: datetime) -> None:
        protocols.agree(_protocol(story, key), outcome="agree", text="", by=story.person(person.key), now=now)
    for number, person in enumerate(people):
        story.at(at + timedelta(minutes=15 * number), partial(say, person))


def remark(story: Story, key: str, person: Person, chair: Person, *, at: datetime, text: str, reply: str) -> None:
    """A signer's remark and the chair's answer, kept in «Лист согласования»."""
    def say(now: datetime) -> None:
        row = protocols.agree(_protocol(story, key), outcome="remark", text=text, by=story.person(person.key), now=now)
        story.at(now + timedelta(minutes=20), partial(answer, row.id))

    def answer(row_id: int, now: datetime) -> None:
        row = session.get_one(protocols.Agreement, row_id)
        protocols.answer(row, _protocol(story, key), text=reply, by=story.person(chair.key), now=now)

    story.at(at, say)


def freeze(story: Story, key: str, chair: Person, *, at: datetime) -> None:
    """The text is fixed, rendered and prepared for signatures."""
    story.at(at, lambda now: protocols.freeze_now(story.cast[key], by=story.person(chair.key), now=now), slow=True)


def sign(story: Story, key: str, people: tuple[Person, ...], *, at: datetime) -> None:
    """Signatures under the protocol, half an hour apart."""
    for number, person in enumerate(people):
        story.at(at + timedelta(minutes=30 * number), partial(_sign, story, key, person), slow=True)


def _sign(story: Story, key: str, person: Person, now: datetime) -> None:
    me = story.person(person.key)
    with db.scope(write=False):
        done = signing.sign_file(story.cast[key], cast.SIGNING, by=me, now=now)
    with db.transaction():
        signing.register(done, by=me, now=now)


def hand_over(story: Story, key: str, chair: Person, *, at: datetime, accepted: datetime) -> None:
    """The chair hands the protocol over, the commission's secretary takes it: the act, and the names are opened."""
    def give(now: datetime) -> None:
        me = story.person(chair.key)
        with db.reading():
            package = handover.pack(_protocol(story, key), by=me, now=now)
        with db.transaction():
            handover.give(story.cast[key], package, by=me, now=now)

    def take(now: datetime) -> None:
        with db.transaction():
            found = handover.of_protocol(story.cast[key])
            assert found is not None
            document = handover.accept(found, by=story.person(cast.SECRETARY.key), now=now).document_id
        ensure_rendered(document or 0, now=now)

    story.at(at, give, slow=True)
    story.at(accepted, take, slow=True)
