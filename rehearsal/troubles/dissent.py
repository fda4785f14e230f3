"""Dissent: a paper of its own, signed by the one who dissents, beside the protocol signed by all."""

from rehearsal.client import Page
from rehearsal.errors import expect
from rehearsal.steps import protocols
from rehearsal.world import Document, Person, World


def fetch(world: World, protocol: int, dissenter: Person, page: Page) -> None:
    """Take the paper; its code leads to a page of its own."""
    content = page.browser.get(page.link(rf"/protocols/{protocol}/dissents/\d+/file\.pdf")).content
    expect(content[:5] == b"%PDF-", f"{dissenter.name}: особое мнение не открывается")
    world.documents.append(Document(f"dissent-{protocol}", content, 1 + protocols.REGISTRAR, code_of(world, content)))


def code_of(world: World, content: bytes) -> str:
    """The address of the verification page: found by the file's hash."""
    import hashlib
    page = world.admin.browser.get(f"/verify?sha256={hashlib.sha256(content).hexdigest()}")
    return page.path.split("?")[0]
