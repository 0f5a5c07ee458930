"""One real event followed from the request to the data file, with what it was at each hop."""

from dataclasses import dataclass
from typing import Any

from pipectl import kafka
from pipectl.catalog import EVENTS_TOPIC
from pipectl.lake.presto import render
from pipectl.report.escaping import printable
from pipectl.report.inputs import Lake
from pipectl.report.queries import NEWEST_EVENT, ONE_EVENT, NamedQuery, load_query

_BODY_METHODS = ("POST", "PUT", "DELETE")


@dataclass(frozen=True, kw_only=True)
class Journey:
    """The same event at four places; `record` is None when Kafka does not keep it any more."""

    query: NamedQuery
    row: tuple[tuple[str, Any], ...]  # (column, value) as Presto gives it, NULLs left out
    data_file: str
    record: kafka.Record | None

    @property
    def sql(self) -> str:
        """The statement as it was asked, to be pasted and asked again."""
        columns = dict(self.row)
        place = {"partition": columns["kafka_partition"], "position": columns["kafka_offset"]}
        return render(self.query.sql, place)

    @property
    def request(self) -> str:
        """The HTTP request as far as the event kept it: its line and three of its headers."""
        columns = dict(self.row)
        headers = (("Host", "host"), ("User-Agent", "user_agent"), ("Accept", "accept"))
        lines = [f"{columns.get('method')} {columns.get('path')}"]
        lines += [f"{name}: {columns[column]}" for name, column in headers if column in columns]
        return "\n".join(lines)

    @property
    def may_have_body(self) -> bool:
        """Tell whether the request could carry a body, which is kept only as the event's fields."""
        return dict(self.row).get("method") in _BODY_METHODS

    @property
    def value(self) -> str:
        """The record's value as it lies in Kafka; empty when Kafka does not keep it any more."""
        return _decoded(self.record.value) if self.record else ""

    @property
    def value_size(self) -> int:
        """How many bytes the value has in Kafka."""
        return len(self.record.value or b"") if self.record else 0

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The record's headers as text."""
        return tuple((name, _decoded(value)) for name, value in self.record.headers) if self.record else ()

    @property
    def key(self) -> str:
        """The record's key: the user id."""
        return _decoded(self.record.key) if self.record else ""


def follow_one_event(presto: Lake, bootstrap_servers: str) -> Journey | None:
    """Pick one landed event and find it at each hop; None where nothing has landed yet."""
    # Two questions, for the second one reads a single file where it knows the place.
    query = load_query(ONE_EVENT)
    place = next(presto.query(load_query(NEWEST_EVENT).sql).records(), None)
    row = place and next(presto.query(query.sql, **place).records(), None)
    if row is None:
        return None
    data_file = str(row.pop("data_file"))
    return Journey(
        query=query,
        row=tuple((column, value) for column, value in row.items() if value is not None),
        data_file=data_file,
        record=_record_at(bootstrap_servers, int(row["kafka_partition"]), int(row["kafka_offset"])),
    )


def _record_at(bootstrap_servers: str, partition: int, offset: int) -> kafka.Record | None:
    records = kafka.read_records(bootstrap_servers, EVENTS_TOPIC, partition, offset, offset + 1)
    return next((record for record in records if record.offset == offset), None)


def _decoded(raw: bytes | None) -> str:
    return printable((raw or b"").decode("utf-8", "replace"))
