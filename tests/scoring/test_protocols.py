"""The experts' protocol: draft, agreement, freezing; who sees it; the file with its facts."""

import json

import pytest

from scoring import recalc
from tests.scoring import road


@pytest.fixture
def group(make):
    return make.marked_group()


def test_the_road_to_a_file_waiting_for_signatures(make, login, group):
    for account in group.experts:
        make.certificate(account)
    chair, expert = login(group.chair), login(group.experts[1])
    answer = chair.post_form(f"/nominations/{group.nomination.id}/protocol")
    assert answer.status_code == 303
    url = answer.location
    assert road.state(chair, url) == "проект"
    assert chair.post_form(f"{url}/approval-opening", page=url).status_code == 303
    assert "Согласуйте проект" in expert.get("/").text
    for browser in (chair, expert):
        assert browser.post_form(f"{url}/agreements", {"outcome": "agree"}, page=url).status_code == 303
    assert chair.post_form(f"{url}/freezing", page=url).status_code == 303
    assert road.state(chair, url) == "подписывается"
    assert "Подпишите протокол" in expert.get("/").text
    facts = expert.get(f"{url}/facts.json").data
    assert recalc.check_document(facts) == []
    assert [row["code"] for row in json.loads(facts)["summary"]["rows"]] == group.codes
    assert expert.get(f"{url}/file.pdf").data.startswith(b"%PDF")
