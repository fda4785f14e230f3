"""The demonstration: one seed at an awkward hour (just after midnight in Tomsk), looked at from all sides."""
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from contest.models import Application, Contest, Identity, Nomination, Participant
from core import clock as core_clock
from core import config, journal
from core import db as database
from core.accounts import Account, LoginSession
from core.db import session
from core.documents import papers
from core.documents.papers import Document
from core.journal import JournalEntry
from demo import cast, logins, plan
from demo import seed as seeding
from exam.models import Attempt, LateSave, ResultFile, Save, TimeGrant, TimeProposal
from scoring import verification
from scoring.models.meetings import Meeting, Publication
from scoring.models.papers import Protocol, Signatory
from scoring.models.sheets import Divergence, Mark, Sheet

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]
NOW = datetime(2026, 6, 9, 17, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def house(app, sqlite_template, tmp_path_factory):
    """The session's application with a data folder and a database of its own, filled in."""
    folder, kept = tmp_path_factory.mktemp("demo"), app.config["core"]
    app.config["core"] = config.Settings(
        ENVIRONMENT="test", DATA_DIR=folder, DATABASE_URL="", MAIL_URL="", PUBLIC_URL="http://localhost",
        SECRET_KEY="of the tests", CA_PASSPHRASE="tests")
    shutil.copyfile(sqlite_template, folder / "contest.db")
    database.connect(f"sqlite:///{folder / 'contest.db'}")
    with core_clock.stopped_at(NOW):
        with app.app_context():
            assert seeding.seed(NOW) is True
        yield app
    papers.process().close()
    database.dispose()
    app.config["core"] = kept


@pytest.fixture
def looking(house):
    with house.app_context(), database.reading():
        yield house


def counted(column, *where):
    return dict(Counter(session.scalars(select(column).where(*where))))


def nomination_id(word):
    return session.scalars(select(Nomination.id).where(Nomination.profession == word)).one()


def test_three_contests_are_marked_as_demonstration(looking):
    rows = session.scalars(select(Contest).order_by(Contest.id)).all()
    assert [(row.region, row.state, row.demo) for row in rows] == [
        ("Томская область", "announced", True), ("Новосибирская область", "announced", True),
        ("Омская область", "draft", True)]
    assert all(document.meta["demo"] for document in session.scalars(select(Document)))


def test_drivers_show_every_state_of_an_application(looking):
    drivers = nomination_id("водитель автобуса")
    assert counted(Application.state, Application.nomination_id == drivers) == {
        "draft": 1, "submitted": 1, "registered": 1, "returned": 1, "proposed": 1, "rejected": 1, "withdrawn": 1,
        "admitted": 1}


def test_welders_are_finished(looking):
    welders = nomination_id("сварщик")
    assert counted(Sheet.state, Sheet.nomination_id == welders) == {"included": 12}
    assert counted(Attempt.finish_reason, Attempt.participant_id.in_(people(welders))) == {
        "participant": 3, "deadline": 1}
    assert counted(Publication.kind, Publication.nomination_id == welders) == {"preliminary": 1, "final": 1}
    rows = session.scalars(select(Publication).where(Publication.kind == "final")).one().content["rows"]
    assert [row["place"] for row in rows if row["place"]] == [1, 2, 3, 4]
    assert len({row["total_hundredths"] for row in rows}) == len(rows)
    assert counted(Meeting.state) == {"closed": 1, "planned": 1}
    assert counted(Participant.no_show != "", Participant.nomination_id == welders) == {False: 4, True: 1}


def people(nomination):
    return list(session.scalars(select(Participant.id).where(Participant.nomination_id == nomination)))


def test_one_divergence_was_settled_and_one_penalty_has_its_note(looking):
    assert [bool(row.closed_at and row.resolution) for row in session.scalars(select(Divergence))] == [True]
    notes = {mark.value["note"] for mark in session.scalars(select(Mark)) if mark.value.get("count")}
    assert notes == {plan.WELDING.penalties["welder4"]}


def test_one_signature_is_missing_under_the_electricians_protocol(looking):
    paper = session.scalars(select(Protocol).where(Protocol.nomination_id == nomination_id("электромонтёр"))).one()
    assert paper.state == "signing"
    waiting = session.scalars(select(Signatory).where(Signatory.state == "waiting")).one()
    assert (waiting.protocol_id, waiting.name) == (paper.id, cast.ELECTRIC_EXPERTS[2].name)
    assert paper.signing_due_at > NOW


def test_every_signed_protocol_is_genuine_today(looking):
    tokens = session.scalars(select(Document.token).join(Protocol, Protocol.document_id == Document.id)).all()
    found = {}
    for token in tokens:
        paper = verification.by_token(token)
        found[paper.protocol.number] = verification.judge(paper, None, now=NOW).outcome
    assert found == {"ЭГ-01-01": "genuine", "КК-01-01": "genuine", "ЭГ-01-02": "unfinished"}


def test_masons_are_writing_now(looking):
    running = session.scalars(select(Attempt).where(Attempt.finished_at.is_(None))).one()
    assert running.sitting.opens_at < NOW < running.sitting.closes_at
    left = running.started_at + timedelta(seconds=running.sitting.limit_seconds) - NOW
    assert left > timedelta(hours=5)
    assert session.query(Save).filter_by(attempt_id=running.id).count() == 3
    assert counted(Identity.state, Identity.participant_id.in_(people(nomination_id("каменщик")))) == {
        "approved": 2, "waiting": 1}
    assert session.query(ResultFile).count() == 8


def test_the_journal_is_whole_and_in_order(looking):
    found = journal.verify()
    times = list(session.scalars(select(JournalEntry.at).order_by(JournalEntry.seq)))
    assert (found.bad_seq, found.rows) == (0, len(times))
    assert times == sorted(times)
    assert times[-1] == NOW


def test_a_second_run_a_day_later_changes_nothing(house):
    before = journal_head()
    with house.app_context(), core_clock.stopped_at(NOW + timedelta(days=1)):
        assert seeding.seed(NOW + timedelta(days=1)) is False
    assert journal_head() == before


def journal_head():
    with database.reading():
        return journal.verify()


def test_everybody_of_the_table_can_log_in(house):
    for one in logins.everybody():
        answer = house.test_client().post("/login", data={"email": one.person.email, "secret": cast.PASSWORD})
        assert (one.person.key, answer.status_code) == (one.person.key, 302)
    with database.reading():
        code = session.scalars(select(Account.card_code).where(Account.email == cast.CARD_HOLDER.email)).one()
        known = session.query(Account).count()
        entered = {row.account_id for row in session.scalars(select(LoginSession))}
    answer = house.test_client().post("/login/card", data={"code": code, "secret": cast.PIN})
    assert answer.status_code == 302
    assert len(entered) == known == len(logins.everybody())


def test_the_table_names_everybody_and_the_card(house):
    with database.reading():
        text = "\n".join(logins.table("http://localhost:8000"))
    assert all(one.person.email in text and one.person.name in text for one in logins.everybody())
    assert cast.PASSWORD in text
    assert cast.SIGNING in text
    assert f"PIN {cast.PIN}" in text


def test_time_was_given_asked_for_and_came_too_late(looking):
    welders, masons = people(nomination_id("сварщик")), people(nomination_id("каменщик"))
    rows = session.execute(select(TimeProposal, Attempt.participant_id).join(
        Attempt, Attempt.id == TimeProposal.attempt_id).order_by(TimeProposal.id)).tuples().all()
    assert [(row.seconds, row.basis, row.granted, key in welders, key in masons) for row, key in rows] == [
        (200, "offline", True, True, False), (200, "offline", None, False, True)]
    grant = session.scalars(select(TimeGrant)).one()
    assert (grant.seconds, grant.proposal_id, grant.closed_at) == (200, rows[0][0].id, None)
    late = session.scalars(select(LateSave)).one()
    assert (late.cause, late.admitted_at) == ("time", None)
    protocol = session.scalars(select(Protocol).where(Protocol.nomination_id == nomination_id("сварщик"),
                                                      Protocol.kind == "experts")).one()
    assert [row["span"] for row in protocol.content["protocol"]["time"]["grants"]] == ["3 мин 20 с"]
