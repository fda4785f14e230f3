"""`flask bank check` without an application, settings or a database."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from exam.cli import bank

FILE = "// [id:1]\n// points: 2.5\n::Шов::Что это?{=шов ~пора}\n\nСлова\n\n::Нет::{=а\n\nСколько?{#5}\n"


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "bank.gift"
    file.write_text(FILE, encoding="cp1251")
    return str(file)


def run(*words: str):
    return CliRunner().invoke(bank, ["check", *words])


def test_json(path):
    result = run(path, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "questions": [
            {"name": "Шов", "kind": "single", "points": 2.5, "text": "Что это?", "line": 3},
            {"name": "Слова", "kind": "description", "points": 0, "text": "Слова", "line": 5},
            {"name": "Сколько?", "kind": "numeric", "points": 1, "text": "Сколько?", "line": 9},
        ],
        "refused": [
            {
                "line": 7,
                "reason": "Нет закрывающей скобки «}». Закройте ответы; внутри вопроса не должно быть пустых строк.",
            }
        ],
    }
    assert '"points": 1,' in result.stdout


def test_report_for_people(path):
    result = run(path)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Вопросов: 3, баллов: 3,5.",
        "  один верный вариант: 1",
        "  число: 1",
        "  пояснение: 1",
        "Строка 3: Шов [один верный вариант], ключ: шов",
        "Строка 5: Слова [пояснение]",
        "Строка 9: Сколько? [число], ключ: 5",
        "Отклонено: 1.",
        "Строка 7: Нет закрывающей скобки «}». Закройте ответы; внутри вопроса не должно быть пустых строк.",
    ]


def test_empty_file_is_read(tmp_path):
    (tmp_path / "empty.gift").write_bytes(b"")
    result = run(str(tmp_path / "empty.gift"), "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"questions": [], "refused": []})
    assert run(str(tmp_path / "empty.gift")).stdout == "Вопросов: 0, баллов: 0.\nОтклонённых записей нет.\n"


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("missing.gift", None, "нет. Проверьте имя"),
        ("", None, "папка"),
        ("binary.gift", b"\0\1\2", "не текстовый файл"),
        ("torn.gift", "Шов".encode() * 9 + b"\xd0", "повреждён в строке 1"),
        ("quiz.xml", b"<?xml version='1.0'?>", "не поддерживается"),
    ],
)
@pytest.mark.parametrize("words", [[], ["--json"]])
def test_unreadable_file_is_exit_2_and_a_russian_sentence(tmp_path, name, data, word, words):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    result = run(str(tmp_path / name), *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert word in result.stderr


def test_report_is_whole_in_a_poor_locale(path):
    """In a process of its own, as from a shell: a latin locale, and neither Flask nor SQLAlchemy is loaded."""
    program = (
        "import sys; from exam.cli import bank\n"
        "try: bank()\n"
        "finally: assert not {'flask', 'sqlalchemy'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "check", path],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Строка 3: Шов" in done.stdout.decode()
