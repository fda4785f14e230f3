"""The commission in a real browser: pages change by themselves, fit every window, are accessible."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser import look

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def test_the_pages_of_a_meeting(page, enter, make, login, clock):
    clock.set(datetime.now(UTC))
    board = make.board(members=5, appeal_days=1)
    meeting = make.meeting(board, present=4)
    make.item(board, meeting, kind="protocol", vote=False)
    url = f"/meetings/{meeting.id}"
    enter(page, board.secretary)
    page.goto(url)
    page.get_by_role("button", name="Открыть голосование").click()
    expect(page.locator("main")).to_contain_text("Голосование открыто в")
    look(page, "secretary")
    page.goto(f"/contests/{board.nomination.contest_id}/meetings/new")
    look(page, "meeting-new")
    page.goto("/meetings")
    look(page, "meetings")
    enter(page, board.members[1])
    page.goto(url)
    page.get_by_role("button", name="За", exact=True).click()
    expect(page.get_by_role("button", name="За", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("main")).to_contain_text("Вы проголосовали «за»")
    look(page, "member")
    page.evaluate("document.activeElement.blur()")
    answer = login(board.chair).post_form(f"/items/{_item(page)}/votes", {"choice": "against"}, page=url)
    assert answer.status_code == 303
    expect(page.locator(".tally .against b")).to_have_text("1", timeout=10_000)  # without a reload
    page.goto(f"/items/{_item(page)}/recusal")
    look(page, "recusal")


def _item(page: Page) -> str:
    link = page.locator("a", has_text="Взять самоотвод").get_attribute("href") or page.url
    return link.split("/items/")[1].split("/")[0]


def test_the_pages_of_publication(page, enter, make, clock):
    clock.set(datetime.now(UTC))
    board = make.board(members=3, appeal_days=1)
    make.decided(board)
    enter(page, board.group.organiser)
    page.goto(f"/nominations/{board.nomination.id}/results")
    look(page, "results-none")
    page.goto(f"/nominations/{board.nomination.id}/publication")
    look(page, "publication")
    page.get_by_role("button", name="Опубликовать предварительные итоги").click()
    expect(page.locator("h1")).to_contain_text("Результаты")
    look(page, "results")
    page.goto(f"/nominations/{board.nomination.id}/publication")
    look(page, "published")
