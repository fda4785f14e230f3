"""Handing over: the package, the receipt, the return, names that open by a journalled act."""

import hashlib
import io
import re
import zipfile

import pytest
from sqlalchemy import select

from core.db import reading, session
from core.journal import JournalEntry
from tests.scoring import road


@pytest.fixture
def signed(world, make, login):
    """A group and the address of the protocol everybody signed."""
    def build():
        found = make.marked_group()
        return found, road.signed(make, login, found)
    return world("signed", build)


@pytest.fixture
def frozen(world, make, login):
    """A group and the address of its protocol, not signed by anybody."""
    def build():
        found = make.marked_group()
        return found, road.freeze(make, login, found)
    return world("frozen", build)


def _handover(browser, url):
    """Address of the protocol's handover."""
    return re.search(r'"(/handovers/\d+)/', browser.get(f"{url}/handover").text)[1]


def _journalled(action):
    with reading():
        return len(session.scalars(select(JournalEntry).where(JournalEntry.action == action)).all())


def test_the_road_to_the_commission(login, signed):
    group, url = signed
    chair, secretary = login(group.chair), login(group.secretary)
    assert "Передайте протокол" in chair.get("/").text
    assert "Зайцев" not in chair.get(url).text
    answer = chair.post_form(f"{url}/handover")
    assert answer.status_code == 303, answer.text
    assert road.state(chair, url) == "передан в комиссию"
    place = _handover(secretary, url)
    assert "Примите протокол" in secretary.get("/").text
    assert chair.post_form(f"{place}/receipt", page=url).status_code == 422
    assert secretary.post_form(f"{place}/receipt", page=url).status_code == 303
    assert road.state(chair, url) == "принят комиссией"
    assert secretary.get(f"{place}/act.pdf").data.startswith(b"%PDF")
    assert "Зайцев" in chair.get(url).text
    assert _journalled("protocol.names_opened") == 1


def test_the_package_holds_what_it_says(login, signed):
    group, url = signed
    chair = login(group.chair)
    chair.post_form(f"{url}/handover")
    content = chair.get(f"{_handover(chair, url)}/package.zip").data
    assert hashlib.sha256(content).hexdigest()[:8] in chair.get(f"{url}/handover").text
    package = zipfile.ZipFile(io.BytesIO(content))
    listed = [line.split("  ", 1) for line in package.read("SHA256SUMS").decode().splitlines()]
    assert {name for _, name in listed} == set(package.namelist()) - {"SHA256SUMS"}
    assert [hashlib.sha256(package.read(name)).hexdigest() for _, name in listed] == [sha256 for sha256, _ in listed]
    assert package.read("protocol.pdf") == chair.get(f"{url}/file.pdf").data
    assert package.read("facts.json") == chair.get(f"{url}/facts.json").data
    assert sum(name.startswith("sheets/") for name in package.namelist()) == 4
    assert {"certificates/ca.pem", "certificates/Member01.pem", "certificates/Member02.pem"} <= set(package.namelist())


def test_handing_over_twice_is_one_handover(login, signed):
    group, url = signed
    chair, secretary = login(group.chair), login(group.secretary)
    assert [chair.post_form(f"{url}/handover").status_code for _ in range(2)] == [303, 303]
    place = _handover(secretary, url)
    assert [secretary.post_form(f"{place}/receipt", page=url).status_code for _ in range(2)] == [303, 303]
    assert (_journalled("protocol.handed_over"), _journalled("protocol.accepted")) == (1, 1)


def test_an_unsigned_protocol_is_not_handed_over(login, frozen):
    group, url = frozen
    answer = login(group.chair).post_form(f"{url}/handover")
    assert answer.status_code == 422
    assert "передать можно только подписанный протокол" in answer.text
    other = login(group.experts[1]).post_form(f"{url}/handover")
    assert other.status_code == 422
    assert "Это делает председатель" in other.text


def test_a_returned_protocol_gets_its_next_edition(make, login, signed):
    group, url = signed
    chair, secretary = login(group.chair), login(group.secretary)
    chair.post_form(f"{url}/handover")
    place = _handover(secretary, url)
    assert secretary.post_form(f"{place}/return", {"reason": " "}).status_code == 422
    assert secretary.post_form(f"{place}/return", {"reason": "Нет приложения 2"}).status_code == 303
    assert road.state(chair, url) == "возвращён комиссией"
    assert "Нет приложения 2" in chair.get(url).text
    assert secretary.post_form(f"{place}/receipt", page=url).status_code == 422
    fresh = chair.post_form(f"/nominations/{group.nomination.id}/protocol").location
    assert fresh != url
    again = road.signed(make, login, group)
    assert again == fresh
    assert road.state(chair, url) == "заменён"
    assert chair.get(f"{url}/file.pdf").status_code == 200


def test_names_open_only_after_the_signatures(login, frozen):
    group, url = frozen
    chair = login(group.chair)
    early = chair.post_form(f"{url}/names", page=url)
    assert early.status_code == 422
    assert "Имена открываются после" in early.text
    for account in group.experts:
        road.sign(login, account, url)
    assert chair.post_form(f"{url}/names", page=url).status_code == 303
    assert "Зайцев" in chair.get(url).text
    assert _journalled("protocol.names_opened") == 1
