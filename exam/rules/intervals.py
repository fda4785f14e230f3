"""Arithmetic of half-open intervals [start, end) of instants: union, difference, length."""

from collections.abc import Iterable
from datetime import datetime, timedelta

Interval = tuple[datetime, datetime]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Disjoint intervals in order of time that cover the same instants; empty ones vanish."""
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def minus(intervals: Iterable[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """What of `intervals` is left outside `taken`."""
    left = union(intervals)
    for low, high in union(taken):
        pieces = [part for start, end in left for part in ((start, min(end, low)), (max(start, high), end))]
        left = [(start, end) for start, end in pieces if start < end]
    return left


def length(intervals: Iterable[Interval], *, within: Interval | None = None) -> timedelta:
    """Total length of disjoint intervals, only of their part inside `within` when it is given."""
    total = timedelta(0)
    for start, end in intervals:
        low, high = (start, end) if within is None else (max(start, within[0]), min(end, within[1]))
        total += max(timedelta(0), high - low)
    return total


def whole_seconds(span: timedelta) -> int:
    """The seconds of a length of time, a part of one rounded up."""
    return -(-span // timedelta(seconds=1))


def covers(interval: Interval, moment: datetime) -> bool:
    """Does the interval hold the instant? Its end does not belong to it."""
    return interval[0] <= moment < interval[1]
