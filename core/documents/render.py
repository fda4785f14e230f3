"""The render process: jobs in on stdin, PDF/A-3u out on stdout, one after the other (frames: see process.py).

The same job gives the same bytes: dates come from the job, the hash seed is fixed by the parent, nothing is fetched.
Only a child started by `RenderProcess` (or a test of rendering) imports this file.
"""

import base64
import hashlib
import json
import logging
import os
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pydyf  # type: ignore[import-untyped]
import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from weasyprint import CSS, HTML, Attachment
from weasyprint.document import Document
from weasyprint.urls import URLFetcher, URLFetcherResponse

from core.canonical import canonical
from core.documents import typography
from core.documents.process import HEADER, MAX_FRAME

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
FONTS = Path("/usr/share/fonts/truetype/paratype")
NEEDED_FONTS = ("PTF55F.ttf", "PTF75F.ttf", "PTS55F.ttf", "PTS75F.ttf", "PTM55F.ttf")
POINTS_PER_PIXEL = 0.75
ANCHOR_PREFIX = "sig-"


class LocalFetcher(URLFetcher):
    """Images come from data: URLs and from static/ only; a document never reaches the network or other files."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Response for an allowed address; ValueError for any other."""
        parts = urlsplit(url)
        inside = parts.scheme == "file" and Path(unquote(parts.path)).resolve().is_relative_to(STATIC)
        if parts.scheme != "data" and not inside:
            raise ValueError(f"documents may not fetch {url[:80]}")
        return super().fetch(url, headers)


def render(job: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    """PDF bytes of a job and the reply's facts: pages, anchors, SHA-256 of the attached facts."""
    facts = canonical(job["facts"])
    facts_sha256 = hashlib.sha256(facts).hexdigest()
    issued_at = datetime.fromisoformat(job["meta"]["issued_at"]).astimezone(UTC)
    html = environment().get_template(job["template"]).render(
        facts=job["facts"], meta=job["meta"], signers=job["signers"], facts_sha256=facts_sha256,
        qr=qr_data_url(job["meta"]["verify_url"]), created=issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    document = HTML(string=html, base_url=STATIC.as_uri() + "/", url_fetcher=LocalFetcher(fail_on_errors=True)).render(
        stylesheets=[stylesheet()], pdf_variant="pdf/a-3u")
    pdf = document.write_pdf(pdf_variant="pdf/a-3u", finisher=_name_files_once, attachments=[
        _attachment("facts.json", facts, "Данные документа", issued_at, "Data"),
        *(_attachment(item["name"], base64.b64decode(item["content"]), item["description"], issued_at, "Supplement")
          for item in job["attachments"])])
    return pdf, {"ok": True, "pages": len(document.pages), "anchors": anchors(document), "facts_sha256": facts_sha256}


def anchors(document: Document) -> list[tuple[str, int, tuple[float, ...]]]:
    """Signature places: elements with id `sig-<name>`, page from 0, rect in points from the lower left corner."""
    found = []
    for number, page in enumerate(document.pages):
        for name, (left, top, right, bottom) in page.anchors.items():
            if name.startswith(ANCHOR_PREFIX):
                rect = (left, page.height - bottom, right, page.height - top)
                found.append((name.removeprefix(ANCHOR_PREFIX), number,
                              tuple(round(value * POINTS_PER_PIXEL, 2) for value in rect)))
    return sorted(found)


@cache
def environment() -> Environment:
    """Jinja with the filters of printed documents; an unknown name in a template is an error, never a blank."""
    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True)
    made.filters.update(nobreak=typography.nobreak, points=typography.points, day=typography.day,
                        hash_groups=typography.hash_groups, moment=_moment, local_day=_local_day,
                        local_time=_local_time)
    return made


@cache
def stylesheet() -> CSS:
    """The print stylesheet, parsed once for the life of the process."""
    return CSS(filename=STATIC / "css" / "document.css", url_fetcher=LocalFetcher())


def qr_data_url(url: str) -> str:
    """QR of the address as an SVG data URL (error correction M); empty when there is no address."""
    return segno.make(url, error="m", micro=False).svg_data_uri(border=0, dark="#000") if url else ""


@pass_context
def _moment(context: Context, value: str) -> str:
    return typography.moment(value, context["meta"]["zone"])


@pass_context
def _local_day(context: Context, value: str) -> str:
    return typography.local_day(value, context["meta"]["zone"])


@pass_context
def _local_time(context: Context, value: str) -> str:
    return typography.local_time(value, context["meta"]["zone"])


def _attachment(name: str, content: bytes, description: str, at: datetime, relationship: str) -> Attachment:
    return Attachment(string=content, name=name, description=description, created=at, modified=at,
                      relationship=relationship)


def _name_files_once(_document: Document, pdf: pydyf.PDF) -> None:
    # WeasyPrint 70 lists each associated file twice, once by name and once by object.
    pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))


def main() -> None:
    """Serve jobs until stdin closes. stdout is kept for frames: whatever libraries print goes to stderr."""
    missing = [name for name in NEEDED_FONTS if not (FONTS / name).is_file()]
    if missing:
        sys.exit(f"fonts {', '.join(missing)} are missing: apt-get install fonts-paratype")
    logging.getLogger("weasyprint").addHandler(logging.StreamHandler(sys.stderr))
    out = os.dup(1)
    os.dup2(2, 1)
    stylesheet()
    while (payload := _read_frame(0)) is not None:
        _answer(out, payload)


def _answer(out: int, payload: bytes) -> None:
    try:
        pdf, reply = render(json.loads(payload))
    except Exception as error:  # the edge of this process: one broken document must not end the next ones
        logging.getLogger(__name__).exception("document not rendered")
        write_frame(out, json.dumps({"ok": False, "error": f"{type(error).__name__}: {error}"}).encode())
        return
    write_frame(out, json.dumps(reply).encode())
    write_frame(out, pdf)


def write_frame(descriptor: int, payload: bytes) -> None:
    """Write one length-prefixed frame to a file descriptor."""
    view = memoryview(HEADER.pack(len(payload)) + payload)
    while view:
        view = view[os.write(descriptor, view):]


def _read_frame(descriptor: int) -> bytes | None:
    header = _read(descriptor, HEADER.size)
    if len(header) < HEADER.size:
        return None
    (length,) = HEADER.unpack(header)
    payload = _read(descriptor, length) if length <= MAX_FRAME else b""
    return payload if len(payload) == length else None


def _read(descriptor: int, size: int) -> bytes:
    parts, missing = [], size
    while missing and (part := os.read(descriptor, min(missing, 1 << 20))):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


if __name__ == "__main__":
    main()
