"""Meetings of the commission over their pages: registration, quorum, votes, what is refused, the protocol."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from contest import participants
from core import access
from core.db import reading, session
from core.journal import JournalEntry
from scoring import meetings, protocols, recalc
from scoring.models.meetings import AgendaItem, Meeting, Presence, Vote
from scoring.models.papers import Protocol
from tests.desk.test_home import queries


@pytest.fixture
def board(make):
    return make.board(members=3)


def page(meeting):
    return f"/meetings/{meeting.id}"


def stored(model, key):
    with reading():
        return session.get_one(model, key)


def choices(item):
    with reading():
        return {vote.account_id: vote.choice for vote in session.scalars(select(Vote).where(Vote.item_id == item.id))}


def main(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text.split("<main", 1)[1].split("</main>", 1)[0]).split())


@pytest.mark.slow
def test_the_whole_meeting_over_its_pages(make, login, board, mailbox):
    secretary, (chair, *others) = login(board.secretary), [login(one) for one in board.members]
    new = f"/contests/{board.nomination.contest_id}/meetings/new"
    assert f'value="{board.nomination.id}"' in secretary.get(new).text
    answer = secretary.post_form(new, {"title": "Итоги сварщиков", "starts_at": "2026-03-02 14:00:00",
                                       "nomination_ids": [str(board.nomination.id)]})
    assert answer.status_code == 303
    url = answer.location
    assert url in mailbox.links(board.chair.email)
    assert secretary.post_form(f"{url}/opening", page=url).status_code == 303
    for browser, account in zip((chair, *others), board.members, strict=True):
        data = {"account_id": account.id, "present": "yes"}
        assert browser.post_form(f"{url}/presence", data, page=url).status_code == 303
        assert "Секретарь подтверждает вашу явку" in main(browser.get(url))
    assert "Подтвердите явку: 3" in secretary.get("/").text
    for account in board.members:
        secretary.post_form(f"{url}/presence", {"account_id": account.id, "present": "yes"}, page=url)
    assert secretary.post_form(f"{url}/quorum", page=url).status_code == 303
    assert "Кворум есть: 3 из 3, нужно 2" in main(secretary.get(url))
    assert secretary.post_form(f"{url}/items", {"kind": "protocol", "nomination_id": board.nomination.id},
                               page=url).status_code == 303
    item = re.search(r"/items/(\d+)/opening", secretary.get(url).text)[1]
    assert secretary.post_form(f"/items/{item}/opening", page=url).status_code == 303
    assert "Проголосуйте по вопросу 1" in chair.get("/").text
    for browser in (chair, *others):
        assert browser.post_form(f"/items/{item}/votes", {"choice": "for"}, page=url).status_code == 303
    assert "Вы проголосовали «за» в 13:00:00" in main(chair.get(url))
    assert "3 за 0 против 0 воздержались 0 ещё не голосовали" in main(chair.get(url))
    assert secretary.post_form(f"/items/{item}/closing", page=url).status_code == 303
    assert "За — 3, против — 0, воздержались — 0; принято." in main(chair.get(url))
    answer = secretary.post_form(f"{url}/closing", page=url)
    assert answer.status_code == 303
    assert re.fullmatch(r"/protocols/\d+", answer.location)
    facts = json.loads(stored(Protocol, int(answer.location.rsplit("/", 1)[1])).facts)
    assert recalc.check_document(json.dumps(facts).encode()) == []
    words = facts["protocol"]
    assert words["quorum"] == {"share": "2/3", "needed": 2, "total": 3, "came": 3}
    assert words["items"][0]["result"]["text"] == "за — 3, против — 0, воздержались — 0; принято"
    assert [(row["place"], row["code"], row["award"]) for row in words["awards"][0]["rows"]] == [
        (1, "У-0117", "победитель"), (2, "У-0217", "призёр")]
    assert words["awards"][0]["rows"][0]["name"].startswith("Зайцев Роман")
    assert words["annexes"][0]["sha256"] == "ab" * 32


def test_the_signers_follow_the_rule(make, board):
    paper = make.decided(board, signed=False)
    with reading():
        found = protocols.load(paper.id)
        assert [(row.duty, row.account_id) for row in found.signatories] == [
            ("chair", board.chair.id), ("secretary", board.secretary.id)]
        assert (found.rule, found.number, found.nomination_id) == ("chair_secretary", "КК-01-01", board.nomination.id)


@pytest.mark.slow
@pytest.mark.parametrize(("members", "come", "state"), [
    (3, 1, "not_held"), (3, 2, "in_session"), (5, 3, "not_held"), (5, 4, "in_session"), (9, 6, "in_session"),
    (9, 5, "not_held")])
def test_the_quorum_is_two_thirds_of_the_commission(make, login, members, come, state):
    board = make.board(members=members)
    meeting = make.meeting(board, present=come, state="registration")
    secretary = login(board.secretary)
    assert secretary.post_form(f"{page(meeting)}/quorum", page=page(meeting)).status_code == 303
    assert stored(Meeting, meeting.id).state == state


def test_the_quorum_of_the_nomination_counts(make, login):
    board = make.board(members=5, quorum=">1/2")
    meeting = make.meeting(board, present=3, state="registration")
    login(board.secretary).post_form(f"{page(meeting)}/quorum", page=page(meeting))
    assert stored(Meeting, meeting.id).state == "in_session"
    assert stored(Meeting, meeting.id).rules["quorum"] == ">1/2"


def test_a_meeting_without_quorum_is_a_document_and_a_new_date(make, login, board):
    meeting = make.meeting(board, present=1, state="registration")
    secretary, member = login(board.secretary), login(board.members[1])
    secretary.post_form(f"{page(meeting)}/presence", {"account_id": board.members[2].id, "present": "no",
                                                      "reason": "командировка"}, page=page(meeting))
    secretary.post_form(f"{page(meeting)}/quorum", page=page(meeting))
    shown = main(member.get(page(meeting)))
    assert "Заседание не состоялось" in shown
    assert "присутствовали 1 из 3, нужно 2" in shown
    with reading():
        facts = meetings.load(meeting.id).document.content["protocol"]
    assert facts["quorum"] == {"share": "2/3", "needed": 2, "total": 3, "came": 1}
    assert [(row["state"], row["reason"]) for row in facts["members"]] == [
        ("присутствует", ""), ("не зарегистрирован", ""), ("отсутствует", "командировка")]
    pdf = member.get(f"{page(meeting)}/not-held.pdf")
    assert pdf.data.startswith(b"%PDF")
    late = member.post(f"{page(meeting)}/presence", data={"present": "yes"})
    assert late.status_code == 422
    assert "Заседание уже закончено" in late.text
    new = make.meeting(board)
    assert (new.number, new.state) == (2, "in_session")


def test_the_quorum_waits_for_those_who_say_they_are_there(make, login, board):
    meeting = make.meeting(board, present=1, state="registration")
    login(board.members[1]).post(f"{page(meeting)}/presence", data={"present": "yes"})
    answer = login(board.secretary).post_form(f"{page(meeting)}/quorum", page=page(meeting))
    assert answer.status_code == 422
    assert "Сначала подтвердите явку: Черных А. Д." in answer.text
    assert stored(Meeting, meeting.id).state == "registration"


def test_nobody_presides_without_chair_and_deputy(make, login, board):
    meeting = make.meeting(board, present=0, state="registration")
    secretary = login(board.secretary)
    for account in board.members[1:]:
        secretary.post(f"{page(meeting)}/presence", data={"account_id": account.id, "present": "yes"})
    answer = secretary.post(f"{page(meeting)}/quorum")
    assert answer.status_code == 422
    assert "Нет ни председателя, ни заместителя" in answer.text


def test_losing_the_quorum_suspends_and_its_return_goes_on(make, login, board):
    meeting = make.meeting(board, present=2)
    item = make.item(board, meeting)
    secretary, member = login(board.secretary), login(board.members[1])
    member.post(f"{page(meeting)}/presence", data={"present": "no"})
    assert stored(Meeting, meeting.id).state == "suspended"
    refused = login(board.chair).post(f"/items/{item.id}/votes", data={"choice": "for"})
    assert refused.status_code == 422
    assert "приостановлено" in refused.text
    assert secretary.post(f"/items/{item.id}/closing").status_code == 422
    assert secretary.post(f"{page(meeting)}/quorum").status_code == 422
    secretary.post(f"{page(meeting)}/presence", data={"account_id": board.members[2].id, "present": "yes"})
    assert secretary.post(f"{page(meeting)}/quorum").status_code == 303
    assert stored(Meeting, meeting.id).state == "in_session"
    assert login(board.chair).post(f"/items/{item.id}/votes", data={"choice": "for"}).status_code == 303


def test_votes_are_refused_without_presence_before_and_after(make, login, board):
    meeting = make.meeting(board, present=2)
    draft = make.item(board, meeting, vote=False)
    absent, chair = login(board.members[2]), login(board.chair)
    early = chair.post(f"/items/{draft.id}/votes", data={"choice": "for"})
    assert early.status_code == 422
    assert "ещё не открыто" in early.text
    login(board.secretary).post(f"/items/{draft.id}/opening")
    refused = absent.post(f"/items/{draft.id}/votes", data={"choice": "for"})
    assert refused.status_code == 422
    assert "явка не подтверждена" in refused.text
    assert login(board.secretary).post(f"/items/{draft.id}/votes", data={"choice": "for"}).status_code == 422
    assert login(make.account()).post(f"/items/{draft.id}/votes", data={"choice": "for"}).status_code == 404
    assert chair.post(f"/items/{draft.id}/votes", data={"choice": "perhaps"}).status_code == 422
    assert choices(draft) == {}
    make.votes(draft, {board.chair.id: "for"})
    late = chair.post(f"/items/{draft.id}/votes", data={"choice": "against"})
    assert late.status_code == 422
    assert "закрыто: голос не принят" in late.text
    assert choices(draft) == {board.chair.id: "for"}


def test_a_vote_changes_until_the_close(make, login, board):
    meeting = make.meeting(board)
    item = make.item(board, meeting)
    chair = login(board.chair)
    for choice in ("for", "against", "against"):
        assert chair.post(f"/items/{item.id}/votes", data={"choice": choice}).status_code == 303
    assert choices(item) == {board.chair.id: "against"}
    assert 'aria-pressed="true"' in chair.get(page(meeting)).text


@pytest.mark.slow
@pytest.mark.parametrize(("votes", "casting", "accepted", "by_casting"), [
    (("for", "against"), True, True, True), (("against", "for"), True, False, True),
    (("for", "against"), False, False, False), (("for", "for"), False, True, False),
    (("abstain", "for"), True, False, False)])
def test_an_exact_tie_and_the_casting_vote(make, login, votes, casting, accepted, by_casting):
    board = make.board(members=2, casting_vote=casting)
    meeting = make.meeting(board)
    item = make.item(board, meeting)
    make.votes(item, {account.id: choice for account, choice in zip(board.members, votes, strict=True)}, close=False)
    assert login(board.secretary).post(f"/items/{item.id}/closing").status_code == 303
    row = stored(AgendaItem, item.id)
    assert (row.accepted, row.result["casting"]) == (accepted, by_casting)
    assert row.result["entitled"] == sorted(account.id for account in board.members)
    shown = main(login(board.chair).get(page(meeting)))
    assert ("Решение принято" if accepted else "Решение не принято") in shown


def test_a_member_recuses_from_one_question(make, login, board):
    meeting = make.meeting(board)
    item = make.item(board, meeting)
    member = login(board.members[1])
    bare = member.post_form(f"/items/{item.id}/recusal", {"reason": ""})
    assert bare.status_code == 422
    assert member.post_form(f"/items/{item.id}/recusal", {"reason": "участник из моей организации"}).status_code == 303
    refused = member.post(f"/items/{item.id}/votes", data={"choice": "for"})
    assert refused.status_code == 422
    assert "самоотвод" in refused.text
    make.votes(item, {board.chair.id: "for", board.members[2].id: "against"}, by=board.secretary)
    row = stored(AgendaItem, item.id)
    assert row.result["recused"] == [board.members[1].id]
    assert (row.result["base_count"], row.result["needed"], row.result["not_cast"]) == (2, 2, 0)
    assert row.accepted  # one against one: the chair decides


def test_an_oral_vote_is_entered_and_confirmed_later(make, login, board):
    meeting = make.meeting(board)
    item = make.item(board, meeting)
    member, secretary = board.members[1], login(board.secretary)
    data = {"account_id": member.id, "choice": "against", "moment": "01:12:40"}
    assert login(board.chair).post(f"/items/{item.id}/oral-votes", data=data).status_code == 404
    assert secretary.post(f"/items/{item.id}/oral-votes", data=data | {"moment": ""}).status_code == 422
    assert secretary.post(f"/items/{item.id}/oral-votes", data=data).status_code == 303
    own = login(member)
    shown = main(own.get(page(meeting)))
    assert "устно, запись 01:12:40, не подтверждён" in shown
    link = re.search(r"/votes/\d+/confirmation", own.get(page(meeting)).text)[0]
    assert "Подтвердите свой устный голос" in own.get("/").text
    with_secret = make.secret(member)
    assert own.post_form(link, {"secret": "не тот"}).status_code == 422
    assert own.post_form(link, {"secret": with_secret}).status_code == 303
    assert login(board.chair).get(link).status_code == 404
    assert "не подтверждён" not in main(own.get(page(meeting)))
    own.post(f"/items/{item.id}/votes", data={"choice": "for"})
    assert choices(item) == {member.id: "for"}
    again = secretary.post(f"/items/{item.id}/oral-votes", data=data)
    assert again.status_code == 422
    assert "уже проголосовал сам" in again.text


def test_one_vote_at_a_time_and_its_wording_is_fixed(make, login, board):
    meeting = make.meeting(board)
    first, second = make.item(board, meeting), make.item(board, meeting, vote=False, wording="Второй вопрос")
    answer = login(board.secretary).post(f"/items/{second.id}/opening")
    assert answer.status_code == 422
    assert "Сначала закройте голосование" in answer.text
    assert login(board.secretary).post(f"{page(meeting)}/closing").status_code == 422
    row = stored(AgendaItem, first.id)
    assert (row.state, row.present_at_open, len(row.wording_sha256)) == ("open", 3, 64)
    assert login(board.secretary).post(f"/items/{first.id}/withdrawal").status_code == 422


def test_the_experts_protocol_is_voted_on_once_it_is_accepted(make, login):
    group = make.marked_group()
    make.protocol(group, certified=False)
    board = make.board(group=group)
    meeting = make.meeting(board)
    item = make.item(board, meeting, kind="protocol", vote=False)
    answer = login(board.secretary).post(f"/items/{item.id}/opening")
    assert answer.status_code == 422
    assert "Протокол экспертной группы сейчас «проект»" in answer.text


def test_a_return_gives_the_protocol_back_with_a_reason(make, login, board):
    meeting = make.meeting(board)
    secretary = login(board.secretary)
    data = {"kind": "return", "nomination_id": board.nomination.id}
    bare = secretary.post(f"{page(meeting)}/items", data=data)
    assert bare.status_code == 422
    assert "Напишите, почему протокол возвращается" in bare.text
    secretary.post(f"{page(meeting)}/items", data=data | {"reason": "нет листов второго эксперта"})
    with reading():
        item = session.scalar(select(AgendaItem).where(AgendaItem.meeting_id == meeting.id))
    secretary.post(f"/items/{item.id}/opening")
    make.votes(item, {account.id: "for" for account in board.members})
    paper = make.expert_protocol_of(board)
    assert paper.state == "returned"
    with reading():
        entry = session.scalar(select(JournalEntry).where(JournalEntry.action == "protocol.returned"))
    assert json.loads(entry.payload)["reason"] == "нет листов второго эксперта"


def _tied_board(make):
    group = make.marked_group(participants=3, experts=1, tie_break=[])
    make.accepted(group)
    return make.board(group=group)


@pytest.mark.slow
def test_a_tie_on_a_prize_place_is_decided_first(make, login):
    board = _tied_board(make)
    paper = make.expert_protocol_of(board)
    make._call(_equal, paper.id)
    meeting = make.meeting(board)
    places = make.item(board, meeting, kind="protocol", vote=False)
    secretary = login(board.secretary)
    refused = secretary.post(f"/items/{places.id}/opening")
    assert refused.status_code == 422
    assert "Равенство баллов на призовых местах не разрешено: У-0117, У-0217" in refused.text
    data = {"kind": "tie", "nomination_id": board.nomination.id, "resolution": "order"}
    wrong = secretary.post(f"{page(meeting)}/items", data=data | {"codes": "У-0117, У-0317"})
    assert wrong.status_code == 422
    assert "Назовите всех участников одного неразрешённого равенства (У-0117, У-0217)" in wrong.text
    secretary.post(f"{page(meeting)}/items", data=data | {"codes": "У-0217, У-0117"})
    with reading():
        tie = session.scalar(select(AgendaItem).where(AgendaItem.kind == "tie"))
    assert tie.wording.endswith("распределить места в порядке: У-0217, У-0117")
    secretary.post(f"/items/{tie.id}/opening")
    make.votes(tie, {account.id: "for" for account in board.members})
    assert secretary.post(f"/items/{places.id}/opening").status_code == 303
    frozen = stored(AgendaItem, places.id).frozen
    assert [(row["place"], row["code"]) for row in frozen["rows"]] == [(1, "У-0217"), (2, "У-0117"), (3, "У-0317")]
    assert frozen["resolutions"] == [{"kind": "order", "codes": ["У-0217", "У-0117"],
                                      "basis": "заседание № 1, вопрос 2"}]


def _equal(make, protocol_id):
    """Give the second participant the marks of the first, in the facts of the experts' protocol."""
    row = session.get_one(Protocol, protocol_id)
    facts = row.content
    marks = {sheet["participant"]: sheet["marks"] for sheet in facts["inputs"]["sheets"]}
    for sheet in facts["inputs"]["sheets"]:
        if sheet["participant"] == "У-0217":
            sheet["marks"] = marks["У-0117"]
    facts["summary"] = recalc.summary(facts["inputs"])
    row.facts = json.dumps(facts, ensure_ascii=False)


def test_a_shared_place_after_a_tie(make, login):
    board = _tied_board(make)
    make._call(_equal, make.expert_protocol_of(board).id)
    meeting = make.meeting(board)
    tie = make.item(board, meeting, kind="tie", resolution="shared")
    make.votes(tie, {account.id: "for" for account in board.members})
    places = make.item(board, meeting, kind="protocol")
    assert [row["place"] for row in stored(AgendaItem, places.id).frozen["rows"]] == [1, 1, 3]


@pytest.mark.slow
def test_who_has_no_place_stands_in_the_annex_with_the_reason(make):
    group = make.marked_group(participants=3)
    make._call(_absent, group.nomination.id, group.codes[0])
    make.accepted(group)
    paper = make.decided(make.board(group=group), signed=False)
    award = stored(Protocol, paper.id).content["protocol"]["awards"][0]
    assert [(row["place"], row["code"]) for row in award["rows"]] == [(1, "У-0217"), (2, "У-0317")]
    assert award["others"] == [{"place": None, "code": "У-0117", "theory_hundredths": None, "practice_hundredths": None,
                                "total_hundredths": None, "note": "не явился: болезнь"}]


def _absent(make, nomination_id, code):
    participants.mark_absent(participants.by_code(nomination_id)[code], reason="болезнь", by=access.Me(0, "тест"),
                             now=make.now)


def test_a_list_takes_as_many_queries_for_three_as_for_one(make, login, board):
    counted = []
    secretary = login(board.secretary)
    for _ in range(3):
        make.meeting(board)
        with queries() as seen:
            assert secretary.get("/meetings").status_code == 200
        counted.append(len(seen))
    assert counted[0] == counted[2]


def test_strangers_and_other_roles_find_nothing(make, login, board, client):
    meeting = make.meeting(board)
    item = make.item(board, meeting, vote=False)
    url = page(meeting)
    expert, stranger = login(board.group.experts[1]), login(make.account())
    elsewhere = login(make.staff(make.contest(), "secretary"))
    member = login(board.members[1])
    for browser in (expert, stranger, elsewhere):
        assert browser.get(url).status_code == 404
        assert browser.post(f"{url}/presence", data={"present": "yes"}).status_code == 404
        assert browser.post(f"{url}/quorum").status_code == 404
    assert client.get(url).status_code == 302
    for address in (f"{url}/opening", f"{url}/quorum", f"{url}/closing", f"{url}/items", f"/items/{item.id}/opening",
                    f"/items/{item.id}/closing", f"/items/{item.id}/withdrawal", f"/items/{item.id}/minutes"):
        assert member.post(address, data={}).status_code == 404, address
    other = {"account_id": board.chair.id, "present": "no"}
    assert member.post(f"{url}/presence", data=other).status_code == 404
    assert member.get(f"/contests/{board.nomination.contest_id}/meetings/new").status_code == 404
    assert stored(Presence, _line(meeting, board.chair)).state == "present"


def _line(meeting, account):
    with reading():
        return session.scalar(select(Presence.id).where(Presence.meeting_id == meeting.id,
                                                        Presence.account_id == account.id))


def test_nominations_with_other_rules_need_a_meeting_of_their_own(make, login, board):
    other = make.nomination(board.nomination.contest, quorum="1/2")
    answer = login(board.secretary).post_form(f"/contests/{board.nomination.contest_id}/meetings/new", {
        "title": "Итоги", "starts_at": "2026-03-02 14:00:00",
        "nomination_ids": [str(board.nomination.id), str(other.id)]})
    assert answer.status_code == 422
    assert "разные правила комиссии: «Кворум»" in answer.text
    assert 'value="Итоги"' in answer.text


def test_a_secret_ballot_shows_nobody_elses_vote(make, login):
    board = make.board(members=3, ballot="secret")
    meeting = make.meeting(board)
    item = make.item(board, meeting)
    make.votes(item, {board.chair.id: "against"}, close=False)
    shown = main(login(board.members[1]).get(page(meeting)))
    assert "голос подан" in shown
    assert "1 голосов подано" in shown
    make.votes(item, {board.members[1].id: "for", board.members[2].id: "for"})
    with reading():
        payloads = [json.loads(row.payload) for row in session.scalars(select(JournalEntry).where(
            JournalEntry.action == "vote.cast"))]
    assert all("choice" not in payload for payload in payloads)
    small = make.meeting(board, present=2)
    lone = make.item(board, small, vote=False)
    answer = login(board.secretary).post(f"/items/{lone.id}/opening")
    assert answer.status_code == 422
    assert "раскрыло бы голоса" in answer.text


def test_minutes_go_into_the_protocol_written_anew(make, login, board):
    paper = make.decided(board, signed=False)
    secretary = login(board.secretary)
    with reading():
        item = session.scalar(select(AgendaItem))
    answer = secretary.post_form(f"/items/{item.id}/minutes", {"speaker": "Гордеев П. А.",
                                                               "minutes": "Басов К. Н.: поддерживаю."})
    assert answer.status_code == 303
    assert secretary.post(f"/meetings/{item.meeting_id}/protocol").status_code == 303
    again = stored(Protocol, paper.id)
    words = again.content["protocol"]["items"][0]
    assert (again.edition, words["speaker"], words["minutes"]) == (1, "Гордеев П. А.", ["Басов К. Н.: поддерживаю."])


def _at_once(deeds):
    """Run them together, each with the clock of the test."""
    with ThreadPoolExecutor(len(deeds)) as pool:
        return [one.result() for one in [pool.submit(copy_context().run, deed) for deed in deeds]]


@pytest.mark.both_databases
def test_two_clicks_at_once_leave_one_vote(make, login, board):
    meeting = make.meeting(board)
    item = make.item(board, meeting)
    browsers = [login(board.chair) for _ in range(4)]
    clicks = [partial(one.post, f"/items/{item.id}/votes", data={"choice": "for"}) for one in browsers]
    assert {answer.status_code for answer in _at_once(clicks)} == {303}
    assert choices(item) == {board.chair.id: "for"}
    closings = [partial(login(board.secretary).post, f"/items/{item.id}/closing") for _ in range(2)]
    assert sorted(answer.status_code for answer in _at_once(closings)) == [303, 422]


def test_the_meeting_is_told_in_what_comes_next(make, login, board, clock):
    meeting = make.meeting(board, state="planned")
    assert "Откройте регистрацию" in login(board.secretary).get("/").text
    login(board.secretary).post(f"{page(meeting)}/opening")
    clock.move(minutes=5)
    assert "Отметьте присутствие на заседании" in login(board.members[2]).get("/").text
    assert meeting.starts_at - clock.now < timedelta(hours=1)
