"""What a stranger checks: the service's own page, one changed byte, pdfsig with the imported authority, pyHanko."""

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

from cryptography import x509
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from rehearsal.client import Page
from rehearsal.errors import expect
from rehearsal.report import Report
from rehearsal.world import Document, World


def fetch(world: World, report: Report) -> None:
    """Count the documents, put them and the authority's certificate into OUT."""
    expected = len(world.nominations) * (2 if world.trouble("dissent") else 1) + 1
    expect(len(world.documents) == expected, f"документов {len(world.documents)}, ожидалось {expected}")
    for document in world.documents:
        (report.out / "protocols" / f"{document.name}.pdf").write_bytes(document.content)
    (report.out / "ca.pem").write_bytes(world.admin.browser.get("/ca.pem").content)


def by_page(world: World, report: Report) -> None:
    """The page behind the printed code says genuine of the file, and finds one changed byte."""
    for document in world.documents:
        page = world.admin.browser.get(document.token_path)
        expect("Документ подлинный" in _verdict(page), f"{page}: о записанном файле сказано: {_verdict(page)}")
        said = _sent(world, document, document.content)
        expect("документ подлинный" in said, f"{document.name}: страница не признала файл: {said}")
        for place in (len(document.content) // 3, len(document.content) - 40):
            changed = bytearray(document.content)
            changed[place] ^= 1
            said = _sent(world, document, bytes(changed))
            expect("файл не подлинный" in said, f"{document.name}: изменённый байт {place} не найден: {said}")


def _sent(world: World, document: Document, content: bytes) -> str:
    return _verdict(world.admin.browser.get(document.token_path).form(rf"{document.token_path}/check").send(
        files={"file": (f"{document.name}.pdf", content, "application/pdf")}))


def _verdict(page: Page) -> str:
    """The sentence at the top of the page."""
    note = page.soup.select_one("main .note")
    return " ".join(note.get_text(" ").split())[:300] if note else page.text[:300]


def by_tools(world: World, report: Report) -> None:
    """pdfsig with the authority imported by certutil: valid and trusted, every signature, no fewer and no more."""
    for program in ("pdfsig", "certutil"):
        expect(shutil.which(program), f"нет программы {program}: make rehearsal ставит poppler-utils и libnss3-tools")
    with tempfile.TemporaryDirectory(prefix="rehearsal-nss-") as folder:
        _run("certutil", "-N", "-d", f"sql:{folder}", "--empty-password")
        ca = str(report.out / "ca.pem")
        _run("certutil", "-A", "-d", f"sql:{folder}", "-n", "ca", "-t", "CT,C,C", "-a", "-i", ca)
        for document in world.documents:
            path = report.out / "protocols" / f"{document.name}.pdf"
            said = _run("pdfsig", "-nssdir", f"sql:{folder}", str(path))
            fields, empty, *good = map(said.count, ("Signature #", "form field is not signed", "Signature is Valid.",
                                                    "Certificate is Trusted."))
            expect([empty, fields - empty, *good] == [document.on_paper, *[document.signatures] * 3],
                   f"{document.name}: пустых полей, подписей, верных, доверенных {empty, fields - empty, *good}, "
                   f"ожидалось {document.on_paper, document.signatures}:\n{said}")
    for document in world.documents:
        _pyhanko(report.out / "ca.pem", document)


def integrity(world: World, report: Report) -> None:
    """The administrator has the whole journal checked; the processes have told of no internal fault."""
    page = world.admin.browser.get("/journal").form(r"/journal/check").send()
    expect("Журнал цел" in page.text, f"{page}: {page.text[:300]}")
    faults = world.service.faults()
    expect(not faults, f"внутренние ошибки сервиса: {faults[:5]}")


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    expect(done.returncode == 0, f"{' '.join(command)}: код {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def _pyhanko(ca: Path, document: Document) -> None:
    root, *others = load_certs_from_pemder_data(ca.read_bytes())
    names = {certificate.subject for certificate in x509.load_pem_x509_certificates(ca.read_bytes())}
    expect(len(names) >= 1, "в ca.pem нет сертификатов")
    for signature in PdfFileReader(io.BytesIO(document.content)).embedded_regular_signatures:
        context = ValidationContext(trust_roots=[root], other_certs=others, allow_fetching=False)
        status = validate_pdf_signature(signature, context)
        expect(status.bottom_line, f"{document.name}: pyHanko о подписи {signature.field_name}: "
                                   f"{status.pretty_print_details()}")
