"""`make pages [WHO=expert1,welder1]`: the demonstration as everybody in it sees it. Screenshots are in out/pages."""

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from demo import cast, logins
from tests import servers
from tests.architecture.tree import ROOT
from tests.pages.crawler import CHROMIUM, SIZES, Crawler

pytestmark = [pytest.mark.pages, pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
SHOTS = ROOT / "out" / "pages"


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """A demonstration of its own, started as `make demo` starts it."""
    folder, port = tmp_path_factory.mktemp("demo") / "data", servers.free_port()
    given = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "MAIL_URL")}
    log = (folder.parent / "log").open("w")
    program = subprocess.Popen(
        [sys.executable, "-m", "setup.start", "demo"], cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
        start_new_session=True, env=given | {"DATA_DIR": str(folder), "PORT": str(port), "PUBLIC_URL": ""})
    url = f"http://127.0.0.1:{port}"
    try:
        servers.wait_until(lambda: program.poll() is not None or _answers(url), "the demonstration", seconds=300)
        assert program.poll() is None, (folder.parent / "log").read_text()[-3000:]
        yield url
    finally:
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGTERM)
        program.wait(60)
        log.close()


def _answers(url: str) -> bool:
    with suppress(OSError):
        return bool(urllib.request.urlopen(f"{url}/healthz", timeout=2).status == 200)
    return False


def _enter(context: BrowserContext, address: str, email: str) -> None:
    page = context.new_page()
    page.goto(f"{address}/login")
    page.fill("[name=email]", email)
    page.fill("[name=secret]", cast.PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(f"{address}/")
    page.close()


def _word(login: logins.Login) -> str:
    """A name for screenshots: the part of the address before @."""
    return re.sub(r"\W+", "-", login.person.key)


def test_every_page_of_everybody_in_the_demonstration(address):
    shutil.rmtree(SHOTS, ignore_errors=True)
    found = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(**CHROMIUM)
        crawler = Crawler(browser, address, SHOTS)
        people = [("visitor", ""), *((_word(one), one.person.email) for one in logins.everybody())]
        only = os.environ.get("WHO", "").split(",")
        for who, email in people:
            if only != [""] and who not in only:
                continue
            context = browser.new_context(viewport={"width": SIZES[0][0], "height": SIZES[0][1]},
                                          reduced_motion="reduce")
            if email:
                _enter(context, address, email)
            faults = crawler.crawl(who, context)
            print(f"{who}: {crawler.opened[who]} pages", *faults, sep="\n  ", flush=True)
            found += faults
            context.close()
        browser.close()
    print(f"{sum(crawler.opened.values())} pages opened, {len(crawler.looks)} looks, {len(crawler.kinds)} kinds:",
          *sorted(crawler.kinds), sep="\n  ")
    assert not found, "\n" + "\n".join(found)
