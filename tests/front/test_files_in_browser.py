"""Pages that read a file or the camera in the browser: nothing is sent, and there is always a way without."""

import hashlib
import mimetypes
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.architecture.tree import ROOT
from tests.front.pages import bare_app

SITE = "http://localhost"
PAPER = b"%PDF-1.7 protocol"
SOURCE = """{% import "macros/camera.html" as camera %}<!doctype html><html lang="ru"><body>
{{ camera.filehash([known]) }}<form>{{ camera.shot("face", "Фото лица") }}</form>
<script type="module" src="/static/js/filehash.js"></script>
<script type="module" src="/static/js/camera.js"></script>
</body></html>"""
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def html() -> str:
    app = bare_app()
    with app.test_request_context():
        return app.jinja_env.from_string(SOURCE).render(known=hashlib.sha256(PAPER).hexdigest())


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        flags = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    page.route("**/*", answer)
    yield page
    page.close()


def answer(route: Route) -> None:
    path = route.request.url.removeprefix(SITE)
    if path.startswith("/static/"):
        kind = mimetypes.guess_type(path)[0] or "font/woff2"
        route.fulfill(body=(ROOT / path.removeprefix("/")).read_bytes(), content_type=kind)
    else:
        assert route.request.method == "GET"
        route.fulfill(body=html(), content_type="text/html; charset=utf-8")


def choose(page: Page, content: bytes) -> None:
    page.goto(SITE)
    page.set_input_files("#check", {"name": "protocol.pdf", "mimeType": "application/pdf", "buffer": content})


def test_the_same_file_is_recognised(page: Page) -> None:
    choose(page, PAPER)
    expect(page.locator("[data-same]")).to_be_visible()
    expect(page.locator("[data-other]")).to_be_hidden()


def test_one_changed_byte_is_found_and_the_hash_shown(page: Page) -> None:
    other = PAPER.replace(b"7", b"8")
    choose(page, other)
    expect(page.locator("[data-other]")).to_be_visible()
    expect(page.locator("[data-same]")).to_be_hidden()
    assert page.inner_text("[data-found]").replace(" ", "") == hashlib.sha256(other).hexdigest()


def test_a_picture_of_the_camera_lands_in_the_field(page: Page) -> None:
    page.goto(SITE)
    page.click("[data-on]")
    page.click("[data-take]")
    expect(page.locator("[data-shot]")).to_be_visible()
    script = "[...document.getElementById('face').files].map((file) => [file.name, file.type, file.size])"
    [(name, kind, size)] = page.evaluate(script)
    assert (name, kind) == ("face.jpg", "image/jpeg")
    assert size > 1000


def test_without_a_camera_the_page_says_what_to_do(page: Page) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    page.goto(SITE)
    expect(page.locator("[data-camera] [data-words]")).to_contain_text("Выберите готовую фотографию")
    expect(page.locator("[data-on]")).to_be_hidden()
    expect(page.locator("#face")).to_be_visible()


def test_a_camera_that_is_denied_is_explained(page: Page) -> None:
    denied = "() => Promise.reject(new DOMException('', 'NotAllowedError'))"
    page.add_init_script(f"navigator.mediaDevices.getUserMedia = {denied}")
    page.goto(SITE)
    page.click("[data-on]")
    expect(page.locator("[data-camera] [data-words]")).to_contain_text("Разрешите её в адресной строке")
