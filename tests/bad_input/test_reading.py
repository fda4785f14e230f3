"""Every page and file with unknown keys, garbage in the query, and people it is not for: never a fault."""

from itertools import islice, product
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.routing import IntegerConverter

from app import create_app
from contest import models as contest
from core import storage
from core.accounts import Account, LoginSession, RoleGrant
from core.config import Settings
from core.db import session
from core.documents.papers import Document
from core.registry import registry
from exam import accesses, attempts, tasks
from exam import models as exam
from scoring.models import meetings, papers, sheets
from tests.bad_input import cases, judge
from tests.bad_input.cases import Case
from tests.bad_input.entries import papers as paper_entries
from tests.bad_input.entries.entrants import shown
from tests.bad_input.entries.samples import PDF
from tests.bad_input.world import World

_rules = list(create_app(Settings(ENVIRONMENT="test", SECRET_KEY="routes")).url_map.iter_rules())
READING = sorted({rule.endpoint for rule in _rules if "GET" in rule.methods} - {"static"})
THINGS: dict[str, Any] = {
    "agreement_id": papers.Agreement.id, "application_id": contest.Application.id,
    "attachment_id": contest.Attachment.id, "attempt_id": exam.Attempt.id, "bank_id": exam.Bank.id,
    "body_id": contest.Body.id, "certificate_id": papers.Certificate.id, "contest_id": contest.Contest.id,
    "dissent_id": papers.Dissent.id, "divergence_id": sheets.Divergence.id, "draw_id": contest.Draw.id,
    "event_id": contest.Event.id, "file_id": exam.TaskFile.id, "grant_id": RoleGrant.id,
    "handover_id": papers.Handover.id, "identity_id": contest.Identity.id, "item_id": meetings.AgendaItem.id,
    "key": LoginSession.id, "late_id": exam.LateSave.id, "meeting_id": meetings.Meeting.id,
    "member_id": contest.BodyMember.id, "nomination_id": contest.Nomination.id, "paper_id": papers.PaperSignature.id,
    "participant_id": contest.Participant.id, "proposal_id": exam.TimeProposal.id,
    "protocol_id": papers.Protocol.id, "result_id": exam.ResultFile.id,
    "scheme_id": sheets.Scheme.id, "sheet_id": sheets.Sheet.id, "sitting_id": exam.Sitting.id, "task_id": exam.Task.id,
    "token": Document.token, "vote_id": meetings.Vote.id,
}
NAMES = ("page", "q", "state", "type", "id", "action", "next", "code", "sha256", "kind", "number", "after")
GARBAGE = ("%00", "9" * 30, "-1", "%FF%FE", "%3Cscript%3Ealert(1)%3C/script%3E", "", "x" * 3000, "²",
           "//evil.example/")
FEW = 2
pytestmark = pytest.mark.slow


def everything(world: World) -> dict[str, int]:
    """Something of every kind in one database, and the accounts that look at it."""
    world.stage(paper_entries.given)
    world.make.board()
    board = world.make.board()
    meeting = world.make.meeting(board)
    item = world.make.item(board, meeting)
    world.make.votes(item, {board.chair.id: "for"}, close=False)
    person = _theory_and_practice(world)
    other = world.make.participant()
    world.do(shown(world, other))
    row = world.make.application(state="submitted")
    blob = world.do(lambda: storage.store(PDF.content, allowed=storage.PDF, max_bytes=10**7, now=world.clock.now))
    world.do(lambda: session.add(contest.Attachment(application_id=row.id, kind="other", blob_id=blob.id, name="a.pdf",
                                                    added_at=world.clock.now)))
    nominations, contests = world.do(lambda: [list(session.scalars(select(model.id))) for model in (
        contest.Nomination, contest.Contest)])
    places = [("contest", key) for key in contests] + [("nomination", key) for key in nominations]
    roles = [(role, *place) for role in sorted(registry.role_words) for place in places]
    staff = world.make.account("Вседоступная Анна Павловна", roles=[*roles, "admin", "auditor", "organiser"])
    return {"staff": staff.id, "plain": world.make.account().id, "participant": person.account_id,
            "applicant": row.account_id, "expert": world.do(lambda: session.scalar(select(sheets.Sheet.expert_id)))}


def _theory_and_practice(world: World) -> contest.Participant:
    sitting = world.make.sitting()
    nomination = world.do(lambda: session.get_one(contest.Nomination, sitting.nomination_id))
    person = world.make.participant(nomination, ready=True)
    attempt = world.make.attempt(sitting, person)
    task = world.make.task(nomination)

    def ask_and_be_late() -> None:
        now, line = world.clock.now, attempts.paper(attempt.id)[0].id
        session.add(exam.TimeProposal(attempt_id=attempt.id, seconds=60, basis="other", reason="отключали свет",
                                      proposed_at=now, proposed_by_id=person.account_id))
        session.add(exam.LateSave(attempt_id=attempt.id, question_id=line, seq=1, value="null", client_id="late",
                                  received_at=now))

    world.do(ask_and_be_late)

    def open_and_hand_in() -> None:
        row = session.get_one(exam.Task, task.id)
        row.releases_at = world.clock.now
        me = world.make.me(person.account_id)
        accesses.open_task(row, person, accesses.Visit(), by=me, now=world.clock.now)
        blob = storage.store(PDF.content, allowed=storage.PDF, max_bytes=10**7, now=world.clock.now)
        session.add(exam.TaskFile(task_id=row.id, name="a.pdf", blob_id=blob.id))
        received = storage.Received(blob.sha256, blob.size, blob.mime)
        tasks.hand_in(row, person, received=received, name="a.pdf", note="", by=me, now=world.clock.now)

    world.do(open_and_hand_in)
    return person


@pytest.fixture
def world(app, db, make, clock):
    made = World(app, db, make, clock)
    for name, account in made.stage(everything).items():
        made.log_in(name, account)
    made.remember()
    yield made
    made.observer.close()


def test_every_argument_of_a_page_is_known():
    used = {name for rule in _rules for name in rule.arguments} - {"filename", "which"}
    assert used - set(THINGS) == set()


def values(world: World, name: str) -> list[Any]:
    """What may stand in a URL under this name; the newest first."""
    if name == "which":
        return ["face", "document"]
    return world.do(lambda: list(session.scalars(select(THINGS[name]).order_by(THINGS[name].desc()).limit(FEW)))) or [1]


def bad(world: World, case: Case) -> list[str]:
    """Faults of one answer; a page that a person may not see changes nothing."""
    world.seen()
    reply = world.browser(case.who).get(case.url)
    return [f"{case.who} {case.url[:80]}: {fault}" for fault in judge.faults(case, reply, world)]


@pytest.mark.parametrize("endpoint", READING)
def test_no_page_is_a_fault(app, world, endpoint):
    rule = next(rule for rule in app.url_map.iter_rules(endpoint) if "GET" in rule.methods)
    names = sorted(rule.arguments)
    given = [dict(zip(names, chosen, strict=True)) for chosen in islice(
        product(*(values(world, name) for name in names)), 4)]
    found = []
    for args in given:
        for who in ("nobody", *world.tokens):
            found += bad(world, Case("", "any", cases.url(app, rule, args), who))
    first = cases.url(app, rule, given[0])
    for garbage in GARBAGE:
        query = "&".join(f"{name}={garbage}" for name in NAMES)
        found += bad(world, Case("", "any", f"{first}?{query}", "staff"))
    for name in names:
        whole = isinstance(rule._converters[name], IntegerConverter)
        for value in (*((0, 2**31, 2**63) if whole else ()), "%FF", "x" * 3000, "7.0"):
            url = cases.url(app, rule, given[0] | {name: "PLACE"}).replace("PLACE", str(value))
            found += bad(world, Case("", "absent", url, "staff"))
    assert not found, "\n" + "\n".join(sorted(set(found)))


def test_the_world_has_something_of_everything(world):
    empty = [name for name, column in THINGS.items() if world.do(lambda c=column: session.scalar(select(c))) is None]
    assert set(empty) <= {"dissent_id", "divergence_id", "draw_id", "paper_id"}
    assert world.do(lambda: session.get_one(Account, 1)) is not None
