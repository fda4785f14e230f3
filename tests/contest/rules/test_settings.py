"""Rule settings: defaults, forms, contradictions, digest, the draft of the порядок."""

import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contest.rules import settings
from contest.rules.setting_kinds import Chain, Choice, Flag, Hundredths, Part, Whole
from contest.rules.settings import GROUPS, SETTINGS, Setting
from core.errors import Refused

# What domain.md §3, exam.md and scoring.md name as defaults.
EXPECTED = {
    "who_admits": "commission",
    "who_grants_time": "expert_chair",
    "recording_required": True,
    "min_time_share": 50,
    "grace_seconds": 30,
    "stops": "decision",
    "stop_limit_minutes": 20,
    "rerun": "commission",
    "theory_max": 4000,
    "practice_max": 6000,
    "theory_threshold": 0,
    "wrong_answer_penalty": 0,
    "aggregation": "mean",
    "min_experts": 1,
    "missing_expert": "block",
    "not_assessed": "others",
    "spread_judgement": 1,
    "spread_points": 20,
    "tie_break": ("practice_points", "fewer_safety_penalties", "theory_points", "less_time"),
    "unresolved_tie": "commission",
    "shared_places": "skip",
    "prize_places": 3,
    "single_participant": "held",
    "quorum": "2/3",
    "majority_base": "present",
    "casting_vote": True,
    "ballot": "open",
    "signing_experts": "all",
    "signing_commission": "chair_secretary",
    "appeal_days": 1,
}


class TestTable:
    def test_defaults(self):
        assert settings.values(settings.defaults()) == EXPECTED
        assert settings.values({}) == EXPECTED
        assert settings.check(settings.defaults()) == []

    @pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
    def test_every_setting_is_whole(self, setting: Setting):
        assert setting.group in GROUPS
        assert setting.kind.read(setting.kind.sent(setting.default)) == setting.default
        assert setting.kind.load(json.loads(json.dumps(setting.kind.keep(setting.default)))) == setting.default
        for name in setting.kind.choices or [setting.kind.sent(setting.default)]:
            sentence = setting.clause(setting.kind.read(name))
            assert re.fullmatch(r"[А-Я].*[^.]", sentence), sentence
            assert "{" not in sentence
        assert set(setting.sentences) <= {"0", "", *setting.kind.choices}

    def test_names_are_those_scoring_knows(self):
        marks = pytest.importorskip("scoring.rules.marks")
        ranking = pytest.importorskip("scoring.rules.ranking")
        quorum = pytest.importorskip("scoring.rules.quorum")
        assert set(SETTINGS["aggregation"].kind.choices) == set(marks.AGGREGATIONS)
        assert set(SETTINGS["missing_expert"].kind.choices) == set(marks.MISSING_LABELS)
        assert set(SETTINGS["not_assessed"].kind.choices) == set(marks.NOT_ASSESSED_LABELS)
        assert SETTINGS["tie_break"].default == ranking.DEFAULT_CHAIN
        assert set(SETTINGS["shared_places"].kind.choices) == set(ranking.SHARED_LABELS)
        assert set(SETTINGS["majority_base"].kind.choices) == set(quorum.BASES)
        assert quorum.parse_share(SETTINGS["quorum"].default).part.denominator == 3


class TestDefaults:
    def test_given_values_replace(self):
        stored = settings.defaults(prize_places=2, tie_break=("less_time",))
        assert settings.value(stored, "prize_places") == 2
        assert stored["tie_break"] == {"value": ["less_time"], "clause": ""}

    def test_unknown_and_impossible_are_errors(self):
        with pytest.raises(KeyError):
            settings.defaults(lunch=1)
        with pytest.raises(ValueError):
            settings.defaults(prize_places=0)
        with pytest.raises(KeyError):
            settings.value({}, "lunch")
        with pytest.raises(KeyError):
            settings.clause({}, "lunch")


class TestParse:
    def test_form_shows_and_reads_back(self):
        stored = settings.defaults(quorum=">1/2", wrong_answer_penalty=50, tie_break=(), casting_vote=False)
        stored["quorum"]["clause"] = "п. 4.2"
        assert settings.parse(settings.form_values(stored)) == (stored, [])

    def test_what_was_not_sent_stays(self):
        current = settings.defaults(prize_places=5)
        current["prize_places"]["clause"] = "п. 7"
        stored, findings = settings.parse({"quorum": "1/2", "quorum__clause": "  п.  4.1\n"}, current)
        assert findings == []
        assert stored == current | {"quorum": {"value": "1/2", "clause": "п. 4.1"}}
        assert current["quorum"]["value"] == "2/3"

    def test_refusals_name_the_field_and_keep_the_old_value(self):
        form = {"prize_places": "три", "casting_vote": "может быть", "ballot": "громкое", "quorum__clause": "п" * 201}
        stored, findings = settings.parse(form)
        assert [(finding.field, finding.code) for finding in findings] == [
            ("prize_places", "bad_number"),
            ("quorum__clause", "long_clause"),
            ("casting_vote", "bad_flag"),
            ("ballot", "bad_choice"),
        ]
        assert findings[0].text == "Число призовых мест: укажите целое число от 1 до 10."
        assert settings.value(stored, "prize_places") == 3

    def test_one(self):
        assert settings.parse_one("quorum", " 2 / 3 ") == "2/3"
        with pytest.raises(Refused) as refusal:
            settings.parse_one("quorum", "половина")
        assert (refusal.value.code, refusal.value.field) == ("bad_part", "quorum")

    @pytest.mark.parametrize(
        ("form", "code"),
        [
            ({"theory_max": "0", "practice_max": "0"}, "no_points"),
            ({"theory_max": "0", "theory_threshold": "70"}, "threshold_without_theory"),
            ({"theory_max": "10", "wrong_answer_penalty": "10,01"}, "penalty_above_theory"),
        ],
    )
    def test_contradictions(self, form, code):
        assert [finding.code for finding in settings.parse(form)[1]] == [code]

    @given(st.dictionaries(st.sampled_from([*SETTINGS, *(f"{key}__clause" for key in SETTINGS)]), st.text(max_size=12)))
    def test_any_text_gives_lawful_settings_or_a_finding(self, form):
        stored, findings = settings.parse(form)
        assert set(stored) == set(SETTINGS)
        assert settings.values(stored)
        refused = {finding.field for finding in findings}
        for key, text in form.items():
            if not findings and key in SETTINGS:
                assert settings.value(stored, key) == SETTINGS[key].kind.read(text)
            elif key in refused and key in SETTINGS:
                assert settings.value(stored, key) == SETTINGS[key].default or settings.check(stored)


class TestDigest:
    def test_is_of_canonical_json(self):
        stored = {"quorum": {"value": "2/3", "clause": "п. 4"}}
        text = '{"quorum":{"clause":"п. 4","value":"2/3"}}'
        assert settings.frozen_digest(stored) == hashlib.sha256(text.encode()).hexdigest()

    def test_order_of_keys_does_not_matter_any_value_does(self):
        stored = settings.defaults()
        mixed = dict(reversed(stored.items()))
        assert settings.frozen_digest(mixed) == settings.frozen_digest(stored)
        assert settings.frozen_digest(settings.defaults(prize_places=2)) != settings.frozen_digest(stored)


class TestDraft:
    def test_every_rule_is_printed_once_with_its_clause(self):
        stored = settings.defaults(casting_vote=False, theory_threshold=70, wrong_answer_penalty=50)
        stored["quorum"]["clause"] = "4.2"
        lines = settings.draft_clause_text(stored).splitlines()
        assert len(lines) == len(SETTINGS) + len(GROUPS)
        assert lines[0] == "1. Допуск и проведение"
        assert (
            "4.1. Заседание правомочно, если присутствует не менее 2/3 состава комиссии (пункт порядка: 4.2)." in lines
        )
        assert "4.3. При равенстве голосов решение считается не принятым." in lines
        assert (
            "2.3. К практическому этапу допускается участник, набравший не менее 70 % баллов теоретического этапа."
            in lines
        )
        assert "2.4. За каждый неверный ответ теоретического этапа вычитается баллов: 0,5." in lines

    def test_switched_off(self):
        text = settings.draft_clause_text(settings.defaults(tie_break=(), appeal_days=0, rerun="none"))
        assert "При равенстве баллов дополнительные правила не применяются." in text
        assert "Апелляции не рассматриваются, предварительные итоги являются окончательными." in text
        assert "Повторное выполнение задания не проводится." in text
        assert "Порог баллов теоретического этапа не устанавливается." in text


KINDS = {
    "choice": Choice({"a": "первое", "b": "второе"}),
    "flag": Flag(),
    "whole": Whole(0, 120, "с"),
    "points": Hundredths(10_000),
    "part": Part(),
    "chain": Chain({"one": "Первое", "two": "второе"}),
}


class TestKinds:
    @pytest.mark.parametrize(
        ("kind", "text", "value", "words"),
        [
            ("choice", " a ", "a", "первое"),
            ("flag", "Да", True, "да"),
            ("flag", "0", False, "нет"),
            ("whole", " 30 с", 30, "30 с"),
            ("whole", "0", 0, "0 с"),
            ("whole", "120", 120, "120 с"),
            ("points", "40", 4000, "40"),
            ("points", "0,5", 50, "0,5"),
            ("points", "0.25", 25, "0,25"),
            ("points", "100", 10_000, "100"),
            ("points", "3,05", 305, "3,05"),
            ("part", "2 / 3", "2/3", "не менее 2/3"),
            ("part", "более 1/2", ">1/2", "более 1/2"),
            ("part", "1/1", "1/1", "не менее 1/1"),
            ("chain", "two, первое", ("two", "one"), "второе, затем Первое"),
            ("chain", "", (), "не применяются"),
            ("chain", "второе → one", ("two", "one"), "второе, затем Первое"),
        ],
    )
    def test_read(self, kind, text, value, words):
        of = KINDS[kind]
        assert of.read(text) == value
        assert of.words(value) == words
        assert of.load(of.keep(value)) == value
        assert of.read(of.sent(value)) == value

    @pytest.mark.parametrize(
        ("kind", "text", "code"),
        [
            ("choice", "c", "bad_choice"),
            ("choice", "", "bad_choice"),
            ("flag", "", "bad_flag"),
            ("whole", "121", "bad_number"),
            ("whole", "-1", "bad_number"),
            ("whole", "1,5", "bad_number"),
            ("whole", "²", "bad_number"),
            ("whole", "9" * 30, "bad_number"),
            ("points", "100,01", "bad_points"),
            ("points", "0,005", "bad_points"),
            ("points", "-1", "bad_points"),
            ("points", "", "bad_points"),
            ("part", "0/3", "bad_part"),
            ("part", "3/2", "bad_part"),
            ("part", ">1/1", "bad_part"),
            ("part", "2/0", "bad_part"),
            ("part", "0,5", "bad_part"),
            ("chain", "one, three", "bad_chain"),
            ("chain", "one, Первое", "repeated_in_chain"),
        ],
    )
    def test_refused(self, kind, text, code):
        with pytest.raises(Refused) as refusal:
            KINDS[kind].read(text)
        assert refusal.value.code == code
        assert refusal.value.text.endswith(".")

    @pytest.mark.parametrize(
        ("kind", "kept"),
        [
            ("choice", "c"), ("choice", 1), ("flag", "yes"), ("flag", 1), ("whole", True), ("whole", 121),
            ("whole", "3"),
            ("points", -1), ("points", 0.5), ("points", True), ("part", "половина"), ("part", 1), ("chain", "one"),
            ("chain", ["three"]),
        ],
    )  # fmt: skip
    def test_kept_by_another_hand_is_an_error(self, kind, kept):
        with pytest.raises(ValueError):
            KINDS[kind].load(kept)
