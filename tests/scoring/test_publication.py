"""Results made public: what must come before, the window of appeals, whose name is shown, the papers behind them."""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from contest import contests
from contest.models import Consent, Nomination
from contest.participants import by_code, of_nomination
from core.db import reading, session
from core.journal import JournalEntry
from scoring.models.meetings import Publication
from scoring.models.papers import Protocol
from scoring.rules.deadlines import appeals_end
from tests.scoring import road


@pytest.fixture
def board(make):
    return make.board(members=3, appeal_days=1)


def url(board, what="results"):
    return f"/nominations/{board.nomination.id}/{what}"


def publish(login, board, kind):
    return login(board.group.organiser).post_form(url(board, "publication"), {"kind": kind})


def main(text):
    return " ".join(re.sub(r"<[^>]+>", " ", text.split("<main", 1)[1].split("</main>", 1)[0]).split())


def published(board):
    with reading():
        return {row.kind: row for row in session.scalars(select(Publication).where(
            Publication.nomination_id == board.nomination.id))}


@pytest.mark.parametrize(("at", "days", "end"), [
    ("2026-03-02T06:00", 0, "2026-03-02T06:00"),  # no window at all
    ("2026-03-02T06:00", 1, "2026-03-03T11:00"),  # Monday → Tuesday 18:00 in Tomsk (UTC+7)
    ("2026-03-06T08:00", 1, "2026-03-09T11:00"),  # Friday → Monday
    ("2026-03-07T08:00", 1, "2026-03-09T11:00"),  # Saturday → Monday
    ("2026-03-06T16:59", 1, "2026-03-09T11:00"),  # 23:59 on Friday there
    ("2026-03-06T17:00", 1, "2026-03-09T11:00"),  # midnight: Saturday there
    ("2026-03-02T06:00", 5, "2026-03-09T11:00"),
    ("2026-03-02T06:00", 6, "2026-03-10T11:00"),
])
def test_the_window_ends_at_six_of_the_last_working_day(at, days, end):
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert appeals_end(instant, days, "Asia/Tomsk") == datetime.fromisoformat(end).replace(tzinfo=UTC)


def test_a_naive_instant_has_no_window():
    with pytest.raises(ValueError, match="naive"):
        appeals_end(datetime(2026, 3, 2, 6, 0), 1, "Asia/Tomsk")


def test_preliminary_results_wait_for_the_signed_protocol(make, login, board, client):
    assert "Итоги ещё не опубликованы" in client.get(url(board)).text
    early = publish(login, board, "preliminary")
    assert early.status_code == 422
    assert "комиссия ещё не утвердила места" in early.text
    paper = make.decided(board, signed=False)
    unsigned = publish(login, board, "preliminary")
    assert unsigned.status_code == 422
    assert f"протокол комиссии № {paper.number} ещё не подписан: сейчас он «проект»" in unsigned.text
    assert published(board) == {}
    assert client.get(url(board, "results.json")).status_code == 404


def test_preliminary_then_final_after_the_window(make, login, board, client, clock, mailbox):
    paper = make.decided(board)
    assert "Опубликуйте предварительные итоги" in login(board.group.organiser).get("/").text
    assert publish(login, board, "preliminary").status_code == 303
    shown = main(client.get(url(board)).text)
    assert "Предварительные итоги" in shown
    assert "Апелляцию можно подать до 3 марта 2026, 18:00 (МСК+4)" in shown
    row = published(board)["preliminary"]
    assert row.appeals_until == datetime(2026, 3, 3, 11, 0, tzinfo=UTC)
    with reading():
        assert session.get_one(Protocol, paper.id).state == "published"
    clock.set(row.appeals_until)
    early = publish(login, board, "final")
    assert early.status_code == 422
    assert "срок подачи апелляций ещё идёт, до 3 марта 2026, 18:00 (МСК+4)" in early.text
    clock.set(row.appeals_until + timedelta(microseconds=1))
    assert publish(login, board, "final").status_code == 303
    shown = main(client.get(url(board)).text)
    assert "Окончательные итоги" in shown
    assert "Апелляцию можно подать" not in shown
    assert {kind: one.content["rows"] for kind, one in published(board).items()} == {
        "preliminary": row.content["rows"], "final": row.content["rows"]}
    with reading():
        address = session.scalar(select(JournalEntry.object_type).where(JournalEntry.action == "results.published"))
    assert address == "publication"


def test_letters_go_to_every_participant_at_each_publication(make, login, board, mailbox, clock):
    make.decided(board)
    publish(login, board, "preliminary")
    clock.move(days=3)
    publish(login, board, "final")
    with reading():
        addresses = [person.account.email for person in of_nomination(board.nomination.id)]
    assert len(addresses) == 2
    for address in addresses:
        letters = [letter for letter in mailbox.letters(address) if "Опубликованы" in letter["subject"]]
        assert [letter["subject"].split(":")[0] for letter in letters] == [
            "Опубликованы предварительные итоги", "Опубликованы окончательные итоги"]
        assert url(board) in mailbox.links(address)


def test_without_appeals_the_results_are_final_at_once(make, login):
    board = make.board(members=3, appeal_days=0)
    make.decided(board)
    assert publish(login, board, "final").status_code == 303
    assert published(board)["final"].appeals_until is None
    again = publish(login, board, "preliminary")
    assert again.status_code == 422


def test_without_appeals_the_final_follows_the_preliminary_at_once(make, login):
    board = make.board(members=3, appeal_days=0)
    make.decided(board)
    assert publish(login, board, "preliminary").status_code == 303
    assert publish(login, board, "final").status_code == 303
    assert [one.appeals_until for one in published(board).values()] == [None, None]


def test_nothing_is_published_twice(make, login, board):
    make.decided(board)
    assert publish(login, board, "preliminary").status_code == 303
    again = publish(login, board, "preliminary")
    assert again.status_code == 422
    assert "Предварительные итоги этой номинации уже опубликованы" in again.text
    assert list(published(board)) == ["preliminary"]


def test_names_only_with_a_consent_in_force(make, login, client):
    board = make.board(members=3, appeal_days=0)
    with_consent, without = board.group.codes
    make._call(_consents, board.nomination.id, with_consent)
    make.decided(board)
    publish(login, board, "final")
    shown = client.get(url(board)).text
    rows = [main(f"<main {row}</main>") for row in re.findall(r"<tr class.*?</tr>", shown, re.S)]
    assert rows == [f"1 {with_consent} Зайцев Роман Игоревич ООО «Промсварка» 20,00 победитель",
                    f"2 {without} имя не публикуется {rows[1].split()[-2]} призёр"]
    assert shown.count("Зайцев") == 1
    data = client.get(url(board, "results.json")).data
    assert "Зайцев" not in data.decode()
    assert hashlib.sha256(data).hexdigest() == published(board)["final"].sha256
    assert [row["place"] for row in json.loads(data)["rows"]] == [1, 2]
    make._call(_withdraw, board.nomination.id)
    assert "Зайцев" not in client.get(url(board)).text


def _consents(make, nomination_id, code):
    """The participant with this code agrees to publication, the others do not."""
    person = by_code(nomination_id)[code]
    text = contests.consent_texts(session.get_one(Nomination, nomination_id).contest_id)["publication"]
    _withdraw(make, nomination_id)
    held = session.scalar(select(Consent).where(Consent.application_id == person.application_id,
                                                Consent.text_id == text.id))
    if held is None:
        held = Consent(application_id=person.application_id, text_id=text.id, kind="publication",
                       text_sha256=text.sha256, given_at=make.now)
        session.add(held)
    held.withdrawn_at = None


def _withdraw(make, _nomination_id):
    for row in session.scalars(select(Consent).where(Consent.kind == "publication")):
        row.withdrawn_at = make.now


def test_only_the_organiser_publishes_and_drafts_stay_hidden(make, login, board, client):
    make.decided(board)
    for account in (board.chair, board.secretary, board.group.chair, make.account()):
        assert login(account).post(url(board, "publication"), data={"kind": "final"}).status_code == 404
    assert client.post(url(board, "publication"), data={"kind": "final"}).status_code in (302, 401)
    hidden = make.nomination(make.contest(announced=False))
    assert client.get(f"/nominations/{hidden.id}/results").status_code == 404
    assert published(board) == {}


@pytest.mark.slow
def test_the_road_from_sheets_to_public_results(make, login, client, tmp_path, clock):
    clock.set(datetime.now(UTC).replace(microsecond=0))  # pdfsig asks whether certificates are valid now
    group = make.marked_group(appeal_days=0)
    expert_url = road.signed(make, login, group)
    chair, secretary = login(group.chair), login(group.secretary)
    assert chair.post_form(f"{expert_url}/handover").status_code == 303
    page = secretary.get(f"{expert_url}/handover").text
    receipt = re.search(r"/handovers/\d+/receipt", page)[0]
    assert secretary.post_form(receipt, page=f"{expert_url}/handover").status_code == 303
    board = make.board(group=group)
    for account in (board.chair, board.secretary):
        make.certificate(account)
    paper = make.decided(board, signed=False)
    commission_url = f"/protocols/{paper.id}"
    head = login(board.chair)
    assert head.post_form(f"{commission_url}/approval-opening", page=commission_url).status_code == 303
    for account in (board.chair, board.secretary):
        assert login(account).post_form(f"{commission_url}/agreements", {"outcome": "agree"},
                                        page=commission_url).status_code == 303
    assert head.post_form(f"{commission_url}/freezing", page=commission_url).status_code == 303
    for account in (board.chair, board.secretary):
        answer = road.sign(login, account, commission_url)
        assert answer.status_code == 303, answer.text
    assert road.state(head, commission_url) == "подписан"
    pdf = head.get(f"{commission_url}/file.pdf").data
    said = road.trusted(tmp_path, pdf, client.get("/ca.pem").data)
    assert said == ["valid, trusted"] * 3  # chair, secretary, registrar
    assert publish(login, board, "final").status_code == 303
    shown = client.get(url(board)).text
    tokens = re.findall(r'href="/v/([a-z2-7]{26})"', shown)
    assert tokens == [road.token(chair, expert_url), road.token(head, commission_url)]
    for one in tokens:
        checked = client.get(f"/v/{one}").text
        assert "Документ подлинный" in checked
        assert "Выполнено правил: 9 из 9" in checked
