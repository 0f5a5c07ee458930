"""What JSON Schema cannot say about the collector's values: a time is one of the years 1970 to 9998."""

from datetime import UTC, datetime

import schemathesis
from hypothesis import strategies as st

_MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(9998, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - the bounds are naive, the moments are not

schemathesis.openapi.format("date-time", _MOMENTS.map(datetime.isoformat))
