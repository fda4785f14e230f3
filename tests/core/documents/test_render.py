import hashlib
import io
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pikepdf
import pytest

from core.canonical import canonical
from core.documents.process import ROOT, Anchor, Attached, DocumentMeta, RenderFailed, RenderJob, RenderProcess

META = DocumentMeta("Протокол", "ЭГ-70-03", "2026-06-18", "2026-06-18T09:00:00Z", "Asia/Tomsk",
                    "https://konkurs.example.ru/v/k7m2q9vd4xh3t8rw5znb6pc1ya", "ДЕПАРТАМЕНТ ТРУДА")
FACTS = {"subject": "проба печати", "place": "г. Томск",
         "paragraphs": ["Участник <У-0417> выполнил задание за 57 мин."],
         "rows": [[1, "У-0417", 9000], [2, "У-0288", 8910], [3, "У-0156", -500]]}
SIGNERS = ({"field": "Member01", "role": "Эксперт", "name": "Лебедев И. Н."},
           {"field": "Member02", "role": "Эксперт", "name": "Якимова Н. С."})
JOB = RenderJob("documents/sample.html", FACTS, META, SIGNERS)


@pytest.fixture(scope="module")
def process():
    made = RenderProcess()
    yield made
    made.close()


@pytest.fixture(scope="module")
def made(process):
    return process.render(JOB)


def text_of(pdf, *options):
    command = ["pdftotext", "-layout", *options, "-", "-"]
    return subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode()


@pytest.mark.slow
def test_same_job_gives_the_same_bytes_from_a_warm_and_from_a_new_process(process, made):
    assert process.render_pdf(JOB) == made.pdf
    other = RenderProcess()
    try:
        assert hashlib.sha256(other.render_pdf(JOB)).digest() == hashlib.sha256(made.pdf).digest()
    finally:
        other.close()


def test_one_changed_fact_gives_other_bytes(process, made):
    assert process.render_pdf(replace(JOB, facts=FACTS | {"subject": "проба печати."})) != made.pdf


def test_file_says_pdf_a_3u_with_fixed_dates(made):
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        assert b'part="3"' in pdf.Root.Metadata.read_bytes()
        assert b'conformance="U"' in pdf.Root.Metadata.read_bytes()
        assert str(pdf.docinfo["/CreationDate"]) == "D:20260618090000Z"
        assert str(pdf.docinfo["/Title"]) == "Протокол № ЭГ-70-03"
        assert len(pdf.Root.OutputIntents) == 1


def test_facts_are_attached_as_canonical_json_with_relationship_data(made):
    with pikepdf.open(io.BytesIO(made.pdf)) as pdf:
        (spec,) = pdf.Root.AF
        assert str(spec.AFRelationship) == "/Data"
        assert list(pdf.attachments) == ["facts.json"]
        assert pdf.attachments["facts.json"].get_file().read_bytes() == canonical(FACTS)
    assert made.facts_sha256 == hashlib.sha256(canonical(FACTS)).hexdigest()


def test_other_attachments_travel_beside_the_facts(process):
    job = replace(JOB, attachments=(Attached("list.txt", b"abc", "Лист"),))
    with pikepdf.open(io.BytesIO(process.render_pdf(job))) as pdf:
        assert sorted(pdf.attachments) == ["facts.json", "list.txt"]
        assert pdf.attachments["list.txt"].get_file().read_bytes() == b"abc"


@pytest.mark.parametrize("name", ["лист.txt", "facts.json", "../x"])
def test_attachment_names_are_plain(name):
    with pytest.raises(ValueError, match="plain ASCII"):
        Attached(name, b"")


def test_fonts_are_embedded_subsets_of_pt(made, tmp_path):
    (tmp_path / "file.pdf").write_bytes(made.pdf)
    lines = subprocess.run(["pdffonts", tmp_path / "file.pdf"], capture_output=True, text=True, check=True).stdout
    fonts = [line.split() for line in lines.splitlines()[2:]]
    assert sorted(words[0].partition("+")[2] for words in fonts) == [
        "PT-Mono", "PT-Sans", "PT-Sans-Bold", "PT-Serif", "PT-Serif-Bold"]
    assert {tuple(words[-5:-2]) for words in fonts} == {("yes", "yes", "yes")}


def test_signature_places_are_boxes_of_84_by_29_millimetres(made):
    assert [anchor.name for anchor in made.anchors] == ["Member01", "Member02"]
    for anchor in made.anchors:
        left, bottom, right, top = anchor.rect
        assert (round((right - left) / 72 * 25.4, 1), round((top - bottom) / 72 * 25.4, 1)) == (84.0, 29.0)
    first, second = made.anchors
    assert isinstance(first, Anchor)
    assert first.page == second.page
    assert first.rect[1] == second.rect[1]
    assert first.rect[2] < second.rect[0]


def test_every_sheet_carries_its_number_and_the_address(made):
    for number in range(1, made.pages + 1):
        sheet = text_of(made.pdf, "-f", str(number), "-l", str(number))
        assert f"Лист {number} из {made.pages}" in sheet
        assert "konkurs.example.ru/v/k7m2q9vd4xh3t8rw5znb6pc1ya" in sheet


def test_text_is_escaped_and_told_in_words(made):
    told = " ".join(text_of(made.pdf).replace("\xa0", " ").split())
    assert "Участник <У-0417> выполнил задание за 57 мин." in told
    assert "18.06.2026 16:00:00 (МСК+4)" in told
    assert "−5,00" in told


def test_demonstration_data_are_marked_on_the_first_sheet(process):
    told = text_of(process.render_pdf(replace(JOB, meta=replace(META, demo=True))))
    assert "Демонстрационные данные" in told


def test_unknown_name_in_a_template_is_an_error_and_the_process_lives_on(process, made):
    before = process.pid
    with pytest.raises(RenderFailed, match="UndefinedError"):
        process.render(replace(JOB, facts={"subject": "без остального"}))
    with pytest.raises(RenderFailed, match="TemplateNotFound"):
        process.render(replace(JOB, template="documents/none.html"))
    with pytest.raises(RenderFailed, match="NotCanonical"):
        process.render(replace(JOB, facts=FACTS | {"rows": [[1, "У-0417", 90.5]]}))
    assert process.render_pdf(JOB) == made.pdf
    assert process.pid == before


@pytest.mark.slow
def test_process_that_died_is_started_again(process, made):
    process.warm()
    dead = process.pid
    os.kill(dead, signal.SIGKILL)
    assert process.render_pdf(JOB) == made.pdf
    assert process.pid not in (None, dead)


@pytest.mark.slow
def test_slow_job_is_cut_off_and_the_next_one_works(made):
    process = RenderProcess(timeout=0.05)
    try:
        with pytest.raises(RenderFailed, match="took longer"):
            process.render(JOB)
        assert process.pid is None
    finally:
        process.close()


def test_large_job_passes_the_pipe(process):
    many = FACTS | {"paragraphs": [f"Абзац {number} {'слово ' * 40}" for number in range(400)]}
    job = replace(JOB, facts=many)
    assert len(job.as_json()) > 150_000
    assert process.render(job).pages > 10


@pytest.mark.slow
def test_client_does_not_load_the_renderer():
    check = "import core.documents.process, sys; print('weasyprint' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert told == "False\n"


@pytest.mark.slow
def test_templates_may_fetch_neither_network_nor_other_files():
    check = ("from core.documents.render import LocalFetcher\n"
             "for url in ('https://example.ru/a.png', 'file:///etc/passwd', 'file:///etc/../etc/hosts'):\n"
             "    try: LocalFetcher().fetch(url); print('fetched')\n"
             "    except ValueError: print('refused')\n")
    told = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert told.split() == ["refused"] * 3
