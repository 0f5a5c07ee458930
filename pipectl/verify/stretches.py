"""Stretches of offsets, and loads of them: what is read again at one go, wherever it lies.

A small lake has a few records in each of its partitions: one question for all of them costs what one for each
would.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipectl.lake.ledger import Place
from pipectl.lake.presto import Parameter

_WORD = 64
"""So many offsets are the bits of one number in the answer of `held_between`."""

_MOST_STRETCHES = 1_000
"""Of one load: each has its numbers in the text of a query."""


class Stretch(NamedTuple):
    """Offsets of one place, one after the other."""

    place: Place
    offsets: range


def loads(stretches: Iterable[Stretch], size: int) -> Iterator[list[Stretch]]:
    """Deal stretches out to loads of at most `size` offsets; a stretch is cut where a load is full."""
    load: list[Stretch] = []
    room = size
    for place, offsets in stretches:
        left = offsets
        while left:
            load.append(Stretch(place, left[:room]))
            left, room = left[room:], room - len(load[-1].offsets)
            if not room or len(load) == _MOST_STRETCHES:
                yield load
                load, room = [], size
    if load:
        yield load


def parameters(load: Sequence[Stretch]) -> dict[str, Parameter]:
    """Return what the queries `..._between` are given, of stretches in one topic."""
    return {
        "partitions": [partition for (_, partition), _ in load],
        "starts": [offsets.start for _, offsets in load],
        "stops": [offsets.stop for _, offsets in load],
        "first": min(offsets.start for _, offsets in load),
        "last": max(offsets.stop for _, offsets in load),
    }


def by_stretch(
    load: Sequence[Stretch], rows: Iterable[tuple[Any, ...]]
) -> Mapping[Stretch, Sequence[tuple[Any, ...]]]:
    """Sort rows by stretch, which their first two columns name: its partition, and where it begins."""
    named = {(stretch.place[1], stretch.offsets.start): stretch for stretch in load}
    sorted_rows: defaultdict[Stretch, list[tuple[Any, ...]]] = defaultdict(list)
    for partition, start, *row in rows:
        sorted_rows[named[partition, start]].append(tuple(row))
    return sorted_rows


def runs_without(offsets: range, words: Iterable[tuple[int, int]]) -> list[range]:
    """Return the runs of these offsets that have no bit, in order.

    A word is its number, counted from offset 0, and its 64 bits as a signed integer, that of the first offset
    lowest; one that is not given has none.
    """
    first = offsets.start // _WORD
    size = _WORD // 8
    held = bytearray(size * (offsets.stop // _WORD - first + 1))
    for number, bits in words:
        at = size * (number - first)
        held[at : at + size] = bits.to_bytes(size, "little", signed=True)
    digits = f"{int.from_bytes(held, 'little'):0{8 * len(held)}b}"[::-1]  # one for each offset
    skipped = offsets.start - first * _WORD
    found = re.compile("0+").finditer(digits, skipped, skipped + len(offsets))
    return [range(first * _WORD + run.start(), first * _WORD + run.end()) for run in found]
