"""The usual job of bench/reference: what it lands of records as the collector writes them."""

from bench.reference.usual_job import ENVELOPE, land
from pipectl.catalog import Catalog
from tests.jobs.conftest import Record, Stream, event


def test_the_usual_job_lands_one_type_as_strings(stream: Stream, catalog: Catalog) -> None:
    sword = event(event_type="purchase_sword", sword_type="katana", price=120)
    guild = event(event_type="join_guild", role="leader")
    records = stream.frame([Record(value=sword), Record(value=guild, offset=1)])

    landed = land(records, catalog.event("purchase_sword"))

    assert set(landed.columns) == {"timestamp", *ENVELOPE, *catalog.event("purchase_sword").fields}
    assert {kind for _, kind in landed.dtypes} == {"string"}
    assert [(row.event_id, row.sword_type, row.price) for row in landed.collect()] == [
        (sword["event_id"], "katana", "120")
    ]
