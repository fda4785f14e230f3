"""One sample of each kind: (kind name, spec, maximum, a mark, a strategy of marks)."""

from hypothesis import strategies as st

TOLERANCE = {"by": "tolerance", "unit": "мм", "low": 200, "high": 300, "loss_hundredths": 200, "step": 50}
TABLE = {
    "by": "table",
    "unit": "мм",
    "rows": [
        {"low": -50, "high": 199, "points_hundredths": 400},
        {"low": 200, "high": 300, "points_hundredths": 1000},
    ],
}
LEVELS = {"levels": ["плохо", "сносно", "хорошо; почти без отклонений", "отлично"]}
STEPS = {"steps": [{"title": "с первой попытки", "points_hundredths": 1000}, {"title": "нет", "points_hundredths": 0}]}
DEFECTS = {"defects": [{"title": "до 5 мм", "minus_hundredths": 100}, {"title": "более", "minus_hundredths": 250}]}
TIME = {"as": "points", "norm_seconds": 3600, "loss_hundredths": 50, "minute": "full"}
PENALTY = {"each_hundredths": 500, "cap_hundredths": 1200}

VALUE = st.builds(lambda value: {"value": value}, st.integers(-99_999, 999_999))
FINE = st.builds(
    lambda count, note, moment: {"count": count, "note": note, "moment_seconds": moment},
    st.integers(0, 99),
    st.just("без щитка"),
    st.none() | st.integers(0, 48 * 3600),
)
SAMPLES = {
    "tolerance": ("measurement", TOLERANCE, 1000, VALUE),
    "table": ("measurement", TABLE, 1000, VALUE),
    "yes_no": ("yes_no", {}, 500, st.builds(lambda yes: {"yes": yes}, st.booleans())),
    "judgement": ("judgement", LEVELS, 500, st.builds(lambda level: {"level": level}, st.integers(0, 3))),
    "steps": ("steps", STEPS, 1000, st.builds(lambda step: {"step": step}, st.integers(0, 1))),
    "defects": ("defects", DEFECTS, 800, st.builds(lambda a, b: {"counts": [a, b]}, *[st.integers(0, 999)] * 2)),
    "time": ("time", TIME, 300, st.builds(lambda seconds: {"seconds": seconds}, st.integers(0, 48 * 3600))),
    "seconds": ("time", {"as": "seconds"}, 0, st.builds(lambda s: {"seconds": s}, st.integers(0, 48 * 3600))),
    "penalty": ("penalty", PENALTY, 0, FINE),
    "uncapped": ("penalty", {"each_hundredths": 50}, 0, FINE),
}
