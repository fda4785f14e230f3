"""The final receipt: what its participant keeps, who may have it, what is noticed when it was changed."""

import json
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from core.db import reading
from exam import final_receipt, receipt_check
from exam.receipt_check import Unreadable
from tests.exam.restoring import account_of, answered, lose, lose_saves, page_of

DOC = Path(__file__).parents[2] / "docs" / "receipts.md"
FOUND = ["Цепочка сохранений пересчитана: 14, последний отпечаток сходится.", "Печать сервиса подлинная.",
         "В базе данных эта цепочка есть."]


@pytest.fixture
def attempt(make):
    return make.attempt()


@pytest.fixture
def browser(login, attempt):
    return login(account_of(attempt))


@pytest.fixture
def kept(browser, attempt, clock):
    """The file as downloaded after the end."""
    answered(browser, attempt, clock, rounds=2)
    browser.post_form(f"/attempts/{attempt.id}/finish")
    reply = browser.get(f"/attempts/{attempt.id}/receipt.json")
    assert reply.headers["Content-Disposition"] == f'attachment; filename="receipt-{attempt.id}.json"'
    return json.loads(reply.data)


def _check(app, document):
    with app.app_context(), reading():
        return [line.text for line in final_receipt.check(document)]


def test_the_file_holds_what_the_page_shows(app, browser, attempt, kept, clock):
    assert (kept["attempt"], kept["count"], len(kept["saves"]), kept["reason"], kept["finished"]) == (
        attempt.id, 14, 14, "participant", clock.now.isoformat())
    assert _check(app, kept) == FOUND
    page = browser.get(f"/attempts/{attempt.id}/receipt").text
    shown = re.sub(r"\s|<[^>]*>|&nbsp;", "", page)
    assert kept["seal"] in shown
    assert kept["head"] in shown
    assert f'href="/attempts/{attempt.id}/receipt.json"' in page
    assert re.search(rf'data-final-receipt[^>]* data-attempt="{attempt.id}"', page)
    assert 'href="/device"' in page


def test_it_is_the_participant_s_own_and_only_after_the_end(client, make, login, browser, attempt):
    url = f"/attempts/{attempt.id}/receipt.json"
    assert browser.get(url).status_code == 404
    browser.post_form(f"/attempts/{attempt.id}/finish")
    assert browser.get(url).status_code == 200
    assert login(make.account()).get(url).status_code == 404
    assert client.get(url).status_code == 302


def test_an_empty_work_has_a_receipt_too(app, browser, attempt):
    browser.post_form(f"/attempts/{attempt.id}/finish")
    document = browser.get(f"/attempts/{attempt.id}/receipt.json").json
    assert (document["count"], document["saves"]) == (0, [])
    assert _check(app, document)[1:] == FOUND[1:]


def _value(document):
    document["saves"][9]["value"] = "null"


def _cut(document):
    del document["saves"][-1]


def _cut_neatly(document):
    del document["saves"][-1]
    document["count"], document["head"] = 13, document["saves"][-1]["hash"]


def _order(document):
    document["saves"][3:5] = document["saves"][4:2:-1]


@pytest.mark.parametrize(("change", "text"), [
    (_value, "Сохранение 10: отпечаток не сходится."), (_order, "Сохранение 4: отпечаток не сходится."),
    (_cut, "Последний отпечаток или число сохранений не сходятся"), (_cut_neatly, "Печать не этого сервиса"),
    (lambda document: document.update(finished="2026-03-02T06:00:00+00:00"), "Печать не этого сервиса"),
    (lambda document: document.update(code="С-99"), "Печать не этого сервиса"),
    (lambda document: document.update(more=1.5, final_seal=""), "Печать не этого сервиса"),
    (lambda document: document.update(final_seal=None), "Печать не этого сервиса"),
    (lambda document: document.update(code="\ud800"), "Печать не этого сервиса")])
def test_every_change_is_noticed(app, kept, change, text):
    change(kept)
    assert any(line.startswith(text) for line in _check(app, kept))


@pytest.mark.parametrize("document", [
    None, [], {}, {"form": "exam-receipt-1"}, {"form": "exam-receipt-1", "attempt": True, "saves": []},
    {"form": "exam-receipt-1", "attempt": 1, "saves": [{}]}, {"form": "exam-receipt-1", "attempt": 1, "saves": [1]}, *[
        {"form": "exam-receipt-1", "attempt": 1, "saves": [dict.fromkeys(receipt_check.SAVE_KEYS, value)]}
        for value in (None, 0.5, "0001-01-01T00:00:00+14:00", [])]])
def test_what_is_no_receipt_is_said_to_be_none(document):
    with pytest.raises(Unreadable, match="расписк"):
        receipt_check.chain(document)


def test_a_receipt_outlives_the_database(app, make, client, browser, attempt, clock):
    page = page_of(app, make, attempt)
    done = answered(browser, attempt, clock)
    browser.post_form(f"/attempts/{attempt.id}/finish")
    document = browser.get(f"/attempts/{attempt.id}/receipt.json").json
    lose_saves(attempt, 3)
    assert _check(app, document)[1:] == ["Печать сервиса подлинная.", "В базе данных этой цепочки нет: её восстановили "
                                         "из более старой копии или изменили."]
    lose(attempt)
    page.deliver(client, [page.item(save, ack) for save, ack in done])
    assert _check(app, document)[2] == "В базе данных эта цепочка есть."


def test_the_command_says_it(app, kept, tmp_path):
    good, bad, none = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "none.json"
    good.write_text(json.dumps(kept))
    _value(kept)
    bad.write_text(json.dumps(kept))
    none.write_bytes(b"\xff{")
    found = [app.test_cli_runner().invoke(args=["exam", "receipt", str(file)]) for file in (good, bad, none)]
    assert [one.exit_code for one in found] == [0, 1, 2]
    assert found[0].output.splitlines() == [f"верно: {text}" for text in FOUND]
    assert found[1].output.startswith("НЕВЕРНО: Сохранение 10")


def test_the_recomputation_of_the_manual_works(kept, tmp_path):
    program = re.search(r"```python\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "receipt.json"

    def run():
        file.write_text(json.dumps(kept), encoding="utf-8")
        return subprocess.run([sys.executable, "-c", program[1], str(file)], capture_output=True, text=True,
                              check=False)

    assert run().stdout == "ok\n"
    kept["saves"][2]["at"] = datetime(2026, 3, 2, 6, 0).isoformat()
    assert (run().returncode, run().stderr) == (1, "changed from save 3 on\n")
