"""The summary from rows: figures, no-shows, ties, what is missing in words; the same bytes in any order of rows."""

import json
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from contest.models import Nomination
from core.db import reading, session, transaction
from core.errors import Refused
from exam.models import Attempt, Bank, Sitting
from scoring import recalc, summary, summary_pages
from scoring.models.sheets import Sheet, Summary
from scoring.rules.table import normal
from tests.scoring import schemes as samples


@pytest.fixture
def contest(make):
    return make.contest()


def _nomination(make, contest, *codes, **settings):
    """A nomination with a chair, an expert, a frozen scheme and participants with these codes."""
    made = make.nomination(contest, practice_max=2000, **settings)
    people = {code: make.participant(made, code=code) for code in codes}
    chair, expert = make.member(made, duty="chair"), make.member(made)
    make.scheme(made)
    rows = {(row.participant.code, row.expert_id): row for row in make.sheets_of(made)}
    return made, people, chair, expert, rows


def _theory(make, nomination, points):
    """Finished attempts of theory: {participant: (points, maximum)} in hundredths; None is not marked yet."""
    event = make.event(nomination, "theory")
    with make.app.app_context(), transaction():
        bank = Bank(nomination_id=nomination.id, title="Б", source_name="б.gift", source_sha256="0" * 64,
                    imported_at=make.now, imported_by_id=_somebody())
        session.add(bank)
        session.flush()
        sitting = Sitting(event_id=event.id, nomination_id=nomination.id, bank_id=bank.id, opens_at=event.starts_at,
                          closes_at=event.ends_at, hard_end_at=event.ends_at + timedelta(hours=1), limit_seconds=60,
                          question_count=1, created_at=make.now)
        session.add(sitting)
        session.flush()
        for person, given_points in points.items():
            got, most = given_points or (None, None)
            session.add(Attempt(sitting_id=sitting.id, participant_id=person.id, seed="a", request_key=str(person.id),
                                started_at=event.starts_at, finished_at=event.ends_at, finish_reason="participant",
                                head_hash="0" * 64, points=got, max_points=most))


def _somebody():
    from core.accounts import Account
    return session.scalar(select(Account.id).limit(1))


def _compute(make, nomination):
    with reading():
        return summary.compute(session.get_one(Nomination, nomination.id), make.now)


@pytest.mark.both_databases
def test_figures_of_theory_and_two_experts(login, make, contest):
    made, people, chair, expert, rows = _nomination(make, contest, "У-0417", "У-0288", "У-0156")
    _theory(make, made, {people["У-0417"]: (1500, 2000), people["У-0288"]: (1, 3)})
    make.fill(rows["У-0417", chair.id], size=250, level=3)
    make.fill(rows["У-0417", expert.id], size=250, level=2, safety=0)
    make.fill(rows["У-0288", chair.id], safety=1)
    make.fill(rows["У-0288", expert.id], safety=1)
    secretary = login(make.staff(contest, "secretary"))
    secretary.post_form(f"/participants/{people['У-0156'].id}/absence", {"reason": "болезнь"},
                        page=f"/nominations/{made.id}/participants")
    found = _compute(make, made)
    assert found.missing == []
    assert found.complete
    told = [(row["place"], row["code"], row["status"], row["theory_hundredths"], row["practice_hundredths"],
             row["total_hundredths"]) for row in found.table["rows"]]
    # 1500/2000 of 40 is 30; 1/3 of 40 is 13.33; the chair's 20 and 18.33… of the other give 19.17
    assert told == [(1, "У-0417", "ranked", 3000, 1917, 4917), (2, "У-0288", "ranked", 1333, 1500, 2833),
                    (None, "У-0156", "absent", None, None, None)]
    page = login(chair).get(f"/nominations/{made.id}/summary").text
    for text in ("49,17", "28,33", "19,17", "не явился: болезнь", chair.name, found.sha256[:8], "Составить протокол"):
        assert text in page
    for role in ("organiser", "secretary"):
        page = login(make.staff(contest, role)).get(f"/nominations/{made.id}/summary").text
        assert "49,17" in page
        assert "Составить протокол" not in page
    assert login(make.member(made, "commission", "chair")).get(f"/nominations/{made.id}/summary").status_code == 200


def test_what_is_missing_is_said_in_words(login, make, contest):
    made, people, chair, expert, rows = _nomination(make, contest, "У-0417", "У-0288")
    _theory(make, made, {people["У-0417"]: None, people["У-0288"]: (10, 10)})
    make.fill(rows["У-0288", expert.id])
    make.fill(rows["У-0417", expert.id], to="submitted")
    found = _compute(make, made)
    assert f"{expert.name}: не подписаны листы У-0417." in found.missing
    assert f"{chair.name}: не подписаны листы У-0288, У-0417." in found.missing
    assert not found.complete
    with pytest.raises(Refused, match="incomplete"), make.app.app_context(), transaction():
        summary.keep(session.get_one(Nomination, made.id), by=make.me(chair), now=make.now)
    make.fill(rows["У-0417", chair.id])
    make.fill(rows["У-0288", chair.id])
    with make.app.app_context(), transaction():
        from scoring import sheets
        sheets.sign(sheets.load(rows["У-0417", expert.id].id), basis="запись", by=make.me(expert), now=make.now)
    assert _compute(make, made).missing == ["У-0417: нет результата теории."]
    page = login(make.staff(contest, "organiser")).get(f"/nominations/{made.id}/summary").text
    assert "У-0417: нет результата теории." in page


def test_an_expert_sees_no_table_before_handing_in(login, make, contest):
    made, _people, chair, expert, rows = _nomination(make, contest, "У-0417", theory_max=0)
    make.fill(rows["У-0417", expert.id], size=310)
    url = f"/nominations/{made.id}/summary"
    page = login(chair).get(url).text
    assert "оценки других экспертов скрыты" in page
    assert expert.name + ":" not in page
    assert "SHA-256 таблицы" not in page
    make.fill(rows["У-0417", chair.id], to="submitted")
    assert "SHA-256 таблицы" in login(chair).get(url).text
    assert login(make.member(make.nomination(make.contest()))).get(url).status_code == 404


def test_an_open_divergence_blocks(make, contest):
    made, _people, chair, expert, rows = _nomination(make, contest, "У-0417", theory_max=0)
    make.fill(rows["У-0417", chair.id], level=0)
    make.fill(rows["У-0417", expert.id], to="submitted", level=3)
    assert any("расхождение не закрыто" in text and "уровни расходятся на 3" in text
               for text in _compute(make, made).missing)


@pytest.mark.parametrize(("rule", "ties", "places"), [("commission", [["У-1", "У-2"]], [1, 1]), ("shared", [], [1, 1])])
def test_an_unresolved_tie_is_visible_or_shared_by_the_rules(login, make, contest, rule, ties, places):
    made, _people, chair, _expert, rows = _nomination(make, contest, "У-1", "У-2", theory_max=0, unresolved_tie=rule)
    for row in rows.values():
        make.fill(row)
    found = _compute(make, made)
    assert (found.table["ties"], [row["place"] for row in found.table["rows"]]) == (ties, places)
    page = login(chair).get(f"/nominations/{made.id}/summary").text
    assert ("места определит комиссия" in page) == bool(ties)


def test_a_kept_summary_stays_and_includes_its_sheets(make, contest):
    made, _people, chair, _expert, rows = _nomination(make, contest, "У-1", "У-2", theory_max=0)
    for (code, account_id), row in rows.items():
        make.fill(row, level=3 if code == "У-1" else 2, place=account_id != 0)
    before = _compute(make, made)
    with make.app.app_context(), transaction():
        first = summary.keep(session.get_one(Nomination, made.id), by=make.me(chair), now=make.now)
        again = summary.keep(session.get_one(Nomination, made.id), by=make.me(chair), now=make.now)
        assert first.id == again.id
    with reading():
        row = session.scalars(select(Summary)).one()
        states = set(session.scalars(select(Sheet.state)))
        data = summary.document(row)
    assert (row.revision, row.sha256, states) == (1, before.sha256, {"included"})
    assert recalc.check_document(data) == []
    assert json.loads(data)["summary"] == before.table
    assert _compute(make, made).sha256 == row.sha256


def test_an_expert_without_sheets_is_noticed_unless_in_conflict(make, contest):
    made, _people, _chair, _expert, rows = _nomination(make, contest, "У-1", theory_max=0)
    for row in rows.values():
        make.fill(row)
    assert _compute(make, made).missing == []
    make.member(made)
    assert _compute(make, made).missing == ["Назначены не все листы: У-1. Нажмите «Назначить листы» ещё раз."]


def test_without_a_scheme_or_codes_the_page_says_so(login, make, contest):
    made = make.nomination(contest)
    chair = login(make.member(made, duty="chair"))
    assert "Схема оценки не закреплена" in chair.get(f"/nominations/{made.id}/summary").text
    make.scheme(made)
    assert "жеребьёвка не проведена" in chair.get(f"/nominations/{made.id}/summary").text


def test_the_rules_of_the_nomination_reach_the_table(make, contest):
    made, people, _chair, _expert, rows = _nomination(
        make, contest, "У-1", aggregation="median", theory_threshold=70, tie_break=["theory_points"])
    _theory(make, made, {people["У-1"]: (69, 100)})
    for row in rows.values():
        make.fill(row)
    found = _compute(make, made)
    rules = found.inputs["rules"]
    assert (rules["aggregation"], rules["theory_threshold_hundredths"], rules["tie_break"]) == (
        "median", 2800, ["theory_points"])
    assert [(row["status"], row["theory_hundredths"]) for row in found.table["rows"]] == [("below_threshold", 2760)]


@given(seed=st.integers(0, 2**32), levels=st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_the_order_of_rows_changes_nothing(seed, levels):
    people = [samples.participant(f"У-{number}", 3000 + number) for number in range(3)]
    sheets = [samples.sheet(expert, person["code"], samples.marks(level=levels[index * 2 + turn]))
              for index, person in enumerate(people) for turn, expert in enumerate(("Гордеев", "Лебедев"))]
    inputs = samples.inputs(*people, sheets=sheets)
    shuffled = {**inputs, "participants": Random(seed).sample(people, 3), "sheets": Random(seed).sample(sheets, 6)}
    assert recalc.document_bytes(inputs) == recalc.document_bytes(shuffled)
    assert normal(inputs) == normal(shuffled)


def test_the_order_of_rows_of_the_database_changes_nothing(make, contest):
    made, people, chair, expert, rows = _nomination(make, contest, "У-1", "У-2", "У-3")
    _theory(make, made, {person: (number, 10) for number, person in enumerate(people.values(), 5)})
    for number, row in enumerate(rows.values()):
        make.fill(row, size=250 + number * 10)
    expected = _compute(make, made)
    with reading():
        nomination, scheme = session.get_one(Nomination, made.id), summary.schemes.in_force(made.id)
        marked, found = summary.sheets.of_nomination(made.id, scheme.id), summary._people(made.id)
        for seed in range(10):
            Random(seed).shuffle(marked)
            Random(seed).shuffle(found)
            inputs = summary._inputs(nomination, scheme, found, marked, {chair.id, expert.id})
            assert normal(inputs) == expected.inputs
            assert recalc.summary(inputs) == expected.table


@pytest.mark.parametrize(("names", "heads"), [
    (["Гордеев Павел Андреевич", "Лебедев Игорь Николаевич"], ["Гордеев", "Лебедев"]),
    (["Гордеев Павел", "Гордеев Игорь"], ["Гордеев Павел", "Гордеев Игорь"]),
    ([], []),
])
def test_heads_are_surnames_where_they_differ(names, heads):
    assert summary_pages.short_names(names) == heads
