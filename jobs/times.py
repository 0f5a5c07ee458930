"""Times of records: texts such as 2026-11-24T19:25:39.123456Z, read many at once."""

import pyarrow as pa
import pyarrow.compute as pc

# From the year 1 on: Python, which reads the lake too, has no earlier one.
_YEAR = "(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
_UTC_TIME = f"^{_YEAR}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}([.][0-9]{{1,6}})?Z$"
_UTC = pa.timestamp("us", "UTC")
_WITHOUT_ZONE = pa.timestamp("us")


def utc_times(texts: pa.Array) -> pa.Array:
    """Return the times that the texts mean, in UTC and without a zone; NULL for what is none."""
    shaped = pc.if_else(pc.match_substring_regex(texts, _UTC_TIME), texts, None)
    try:
        return pc.cast(shaped, _UTC).cast(_WITHOUT_ZONE)
    except pa.ArrowInvalid:  # says of none which one it is, such as the 30th of February
        return pa.concat_arrays([_utc_time(shaped[row : row + 1]) for row in range(len(shaped))])


def is_time(text: str) -> bool:
    """Whether `utc_times` can read it."""
    return bool(utc_times(pa.array([text], pa.string()))[0].is_valid)


def _utc_time(text: pa.Array) -> pa.Array:
    try:
        return pc.cast(text, _UTC).cast(_WITHOUT_ZONE)
    except pa.ArrowInvalid:
        return pa.nulls(1, _WITHOUT_ZONE)
