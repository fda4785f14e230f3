"""One usable body of every kind, and a strategy of answers to it."""

from hypothesis import strategies as st

from exam.questions.base import Body

BODIES: dict[str, Body] = {
    "single": {
        "options": [
            {"id": "a1", "text": "подрез", "weight": "100"},
            {"id": "a2", "text": "наплыв", "weight": "0"},
            {"id": "a3", "text": "кратер", "weight": "33.3"},
            {"id": "a4", "text": "пора", "weight": "-50"},
        ]
    },
    "multiple": {
        "options": [
            {"id": "a1", "text": "выпрямитель", "weight": "50"},
            {"id": "a2", "text": "преобразователь", "weight": "30"},
            {"id": "a3", "text": "агрегат", "weight": "20"},
            {"id": "a4", "text": "трансформатор", "weight": "-60"},
            {"id": "a5", "text": "реостат", "weight": "0"},
        ],
        "grading": "partial",
    },
    "yes_no": {"right": "a2"},
    "matching": {
        "left": [{"id": "l1", "text": "PE"}, {"id": "l2", "text": "N"}, {"id": "l3", "text": "L1"}],
        "right": [
            {"id": "r3", "text": "жёлто-зелёный"},
            {"id": "r1", "text": "голубой"},
            {"id": "r2", "text": "коричневый"},
            {"id": "r4", "text": "чёрный"},
        ],
        "key": {"l1": "r3", "l2": "r1", "l3": "r2"},
    },
    "ordering": {
        "items": [
            {"id": f"a{number}", "text": text} for number, text in [(3, "раз"), (1, "два"), (4, "три"), (2, "четыре")]
        ],
        "grading": "position",
    },
    "numeric": {
        "answers": [
            {"value": "110", "tolerance": "0.5", "weight": "100"},
            {"value": "110", "tolerance": "5", "weight": "50"},
            {"low": "200", "high": "220", "weight": "25"},
        ],
        "unit": "Вт",
    },
    "short": {
        "answers": [
            {"text": "зона термического влияния*", "weight": "100"},
            {"text": "ЗТВ", "weight": "100"},
            {"text": "зона * влияния", "weight": "50"},
            {"text": "*", "weight": "0"},
        ]
    },
    "open": {},
    "description": {},
}

_TEXTS = st.sampled_from(["ЗТВ", "зона влияния", "зона теплового влияния", "не знаю", ""]) | st.text(
    alphabet=st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=30
)

RAW: dict[str, st.SearchStrategy[object]] = {
    "single": st.fixed_dictionaries({"choice": st.sampled_from(["a1", "a2", "a3", "a4"])}),
    "multiple": st.fixed_dictionaries({"choices": st.lists(st.sampled_from(["a1", "a2", "a3", "a4", "a5"]))}),
    "yes_no": st.fixed_dictionaries({"choice": st.sampled_from(["a1", "a2"])}),
    "matching": st.fixed_dictionaries(
        {"pairs": st.dictionaries(st.sampled_from(["l1", "l2", "l3"]), st.sampled_from(["r1", "r2", "r3", "r4"]))}
    ),
    "ordering": st.fixed_dictionaries({"order": st.permutations(["a1", "a2", "a3", "a4"])}),
    "numeric": st.fixed_dictionaries({"number": st.decimals(-300, 300, places=2).map(str)}),
    "short": st.fixed_dictionaries({"text": _TEXTS}),
    "open": st.fixed_dictionaries({"text": _TEXTS}),
    "description": st.none(),
}
