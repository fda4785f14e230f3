"""The scheme through its pages: a workbook shown before it counts, frozen once, superseded with a reason."""

import io
import json
from hashlib import sha256

import pytest
from sqlalchemy import select

from core.db import reading, session
from scoring.formats.scheme_xlsx import read_scheme_xlsx, write_scheme_xlsx
from scoring.models.sheets import Scheme, Sheet
from scoring.scheme_pages import SAMPLE
from tests.scoring import schemes as samples


@pytest.fixture
def contest(make):
    return make.contest()


@pytest.fixture
def nomination(make, contest):
    return make.nomination(contest, practice_max=2000)


@pytest.fixture
def organiser(login, make, contest):
    return login(make.staff(contest, "organiser"))


def _workbook(content=None):
    return io.BytesIO(write_scheme_xlsx(content or samples.scheme())), "схема.xlsx"


def _rows(nomination):
    with reading():
        return list(session.scalars(select(Scheme).where(
            Scheme.nomination_id == nomination.id).order_by(Scheme.version)))


def test_a_workbook_is_shown_first_and_counts_after_freezing(organiser, nomination, clock):
    url = f"/nominations/{nomination.id}/scheme"
    assert organiser.post_form(url, {"file": _workbook()}).status_code == 303
    page = organiser.get(url).text
    assert "Редакция 1: Проба" in page
    assert "допуск 2–3 мм" in page
    assert "Закрепить схему" in page
    assert "Проверьте, что это не ошибка" not in page
    draft = _rows(nomination)[0]
    assert (draft.state, draft.frozen_at) == ("draft", None)
    assert organiser.post_form(f"/schemes/{draft.id}/freezing", page=url).status_code == 303
    row = _rows(nomination)[0]
    assert (row.state, row.frozen_at, row.version) == ("frozen", clock.now, 1)
    assert row.payload.encode() == samples.scheme().canonical()
    assert row.sha256 == samples.scheme().sha256()
    payload = organiser.get(f"/schemes/{row.id}/scheme.json").data
    assert sha256(payload).hexdigest() == row.sha256
    assert json.loads(payload)["max_hundredths"] == 2000
    again = organiser.post_form(f"/schemes/{row.id}/freezing", page=url)
    assert again.status_code == 422
    assert "уже закреплена" in again.text


def test_a_broken_workbook_is_refused_in_words_and_nothing_is_kept(organiser, nomination):
    url = f"/nominations/{nomination.id}/scheme"
    wrong = samples.scheme(samples.module(samples.PLACE))
    bad = write_scheme_xlsx(type(wrong)(wrong.title, 700, wrong.modules))
    answer = organiser.post_form(url, {"file": (io.BytesIO(bad), "схема.xlsx")})
    assert answer.status_code == 422
    assert "сумма максимальных баллов 5, а объявлено 7" in answer.text
    other = io.BytesIO(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n")
    pdf = organiser.post_form(url, {"file": (other, "с.xlsx")})
    assert pdf.status_code == 422
    empty = organiser.post_form(url)
    assert empty.status_code == 422
    assert "Выберите файл XLSX" in empty.text
    assert _rows(nomination) == []


def test_the_sum_that_disagrees_with_the_rules_is_seen(organiser, nomination):
    url = f"/nominations/{nomination.id}/scheme"
    organiser.post_form(url, {"file": _workbook(samples.scheme(samples.module(samples.PLACE)))})
    assert "за практику 20, а в схеме 5" in organiser.get(url).text


def test_a_new_version_needs_a_reason_and_ends_unfinished_sheets(organiser, nomination, make):
    make.participant(nomination, code="У-0417")
    make.member(nomination, duty="chair")
    make.scheme(nomination)
    sheet = make.sheets_of(nomination)[0]
    url = f"/nominations/{nomination.id}/scheme"
    organiser.post_form(url, {"file": _workbook(SAMPLE)})
    draft = _rows(nomination)[1]
    bare = organiser.post_form(f"/schemes/{draft.id}/freezing", page=url)
    assert bare.status_code == 422
    assert "почему схема заменяется" in bare.text
    assert organiser.post_form(f"/schemes/{draft.id}/freezing", {"reason": "опечатка"}, page=url).status_code == 303
    assert [(row.version, row.state) for row in _rows(nomination)] == [(1, "superseded"), (2, "frozen")]
    with reading():
        assert session.get_one(Sheet, sheet.id).state == "unfinished"
    assert "Редакция 1" in organiser.get(url).text


def test_after_a_signed_sheet_the_scheme_stands(organiser, nomination, make):
    make.participant(nomination, code="У-0417")
    make.member(nomination, duty="chair")
    make.scheme(nomination)
    make.fill(make.sheets_of(nomination)[0])
    answer = organiser.post_form(f"/nominations/{nomination.id}/scheme", {"file": _workbook(SAMPLE)})
    assert answer.status_code == 422
    assert "подписано листов: 1" in answer.text
    assert len(_rows(nomination)) == 1


def test_experts_read_it_and_strangers_see_nothing(login, make, nomination, client):
    row = make.scheme(nomination)
    draft = make.scheme(nomination, SAMPLE, frozen=False)
    expert = login(make.member(nomination))
    page = expert.get(f"/nominations/{nomination.id}/scheme")
    assert page.status_code == 200
    assert "Проба" in page.text
    assert "Загрузить" not in page.text
    assert "Образец" not in page.text
    assert expert.post(f"/nominations/{nomination.id}/scheme").status_code == 404
    assert expert.post(f"/schemes/{draft.id}/freezing").status_code == 404
    assert expert.get(f"/schemes/{draft.id}/scheme.json").status_code == 404
    assert expert.get(f"/schemes/{row.id}/source.xlsx").status_code == 200
    elsewhere = login(make.staff(make.contest(), "organiser"))
    assert elsewhere.get(f"/nominations/{nomination.id}/scheme").status_code == 404
    assert elsewhere.post(f"/schemes/{draft.id}/freezing").status_code == 404
    assert elsewhere.get(f"/schemes/{row.id}/source.xlsx").status_code == 404
    assert client.get(f"/nominations/{nomination.id}/scheme").status_code == 302


def test_the_sample_is_a_scheme_that_may_be_frozen(organiser):
    data = organiser.get("/schemes/sample.xlsx").data
    assert read_scheme_xlsx(data) == SAMPLE
    assert {aspect.kind for aspect in SAMPLE.aspects()} == {"yes_no", "measurement", "defects", "judgement", "steps",
                                                            "time", "penalty"}
