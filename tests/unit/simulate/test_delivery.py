"""What is done to the events on their way, and that none of it can change a figure by accident."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from pipectl.bundled import bundled
from pipectl.catalog import load_catalog
from pipectl.collector.checks import EventSpec
from pipectl.collector.envelope import event_time
from pipectl.collector.inputs import merge
from pipectl.collector.refusals import Refused
from pipectl.simulate.delivery import Clock, Delivery, Item
from pipectl.simulate.oracle import expected_answers
from pipectl.simulate.oracle.play import Play
from pipectl.simulate.runs import Plan, play
from pipectl.simulate.sending import Target, wire
from pipectl.simulate.world import DAY, MINUTE
from tests.figures_by_hand import STORIES, Story

SPECS = {event.name: EventSpec(event) for event in load_catalog(bundled("events.toml"))}
UNTIL = date(2026, 11, 25)
PLAN = Plan(days=30, players=150, seed=7, until=UNTIL)
TARGET = Target(url="http://nowhere", run_id="run", first_day=PLAN.first_day)
NOW = datetime(2026, 11, 25, 1, 2, 3, 456_789, tzinfo=UTC)


@pytest.fixture(scope="module")
def delivery() -> Delivery:
    return play(PLAN)


def items_of(delivery: Delivery) -> list[Item]:
    return [item for batch in delivery.batches for item in batch]


def lands_at(item: Item, received_at: datetime) -> datetime:
    """Return the event's time as the collector's own rule has it."""
    element = wire(item, TARGET, NOW)
    sent_at = datetime.fromisoformat(element["sent_at"]) if "sent_at" in element else None
    return event_time(received_at, datetime.fromisoformat(element["client_ts"]), sent_at)


def truly_at(item: Item) -> datetime:
    assert item.event
    midnight = datetime.combine(PLAN.first_day, datetime.min.time(), UTC)
    return midnight + timedelta(milliseconds=item.event.at)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    def sent(seed: int) -> list[object]:
        plan = Plan(days=5, players=20, seed=seed, until=UNTIL)
        return [wire(item, TARGET, NOW) for item in items_of(play(plan))]

    assert sent(7) == sent(7)
    assert sent(7) != sent(8)


def test_every_kind_of_fault_is_there(delivery: Delivery) -> None:
    assert set(delivery.faults) == {
        *("late visits", "visits with a wrong clock", "visits with a broken clock"),
        *("repeated events", "malformed events"),
    }


@pytest.mark.parametrize("seconds", [0.0, 0.001, 1.5, 50.0])
def test_the_collectors_rule_recovers_wrong_clocks_and_refuses_broken_ones(
    delivery: Delivery, seconds: float
) -> None:
    received_at = NOW + timedelta(seconds=seconds)
    for item in items_of(delivery):
        if item.event is None:
            continue
        if item.clock is Clock.BROKEN:
            assert lands_at(item, received_at) == received_at
        elif item.clock is Clock.RIGHT:
            assert lands_at(item, received_at) == truly_at(item)
        else:
            assert abs(lands_at(item, received_at) - truly_at(item)) < timedelta(
                seconds=seconds, milliseconds=2
            )


@pytest.mark.parametrize("milliseconds", [0, 59_000])
def test_a_corrected_clock_changes_no_figure(delivery: Delivery, milliseconds: int) -> None:
    moved = [
        item.event._replace(at=item.event.at + milliseconds * (item.clock is Clock.WRONG))
        for item in {item.number: item for item in items_of(delivery) if item.event}.values()
        if item.event and item.clock is not Clock.BROKEN
    ]
    expected = expected_answers(Play(PLAN.first_day, PLAN.days, delivery.landed))
    assert expected_answers(Play(PLAN.first_day, PLAN.days, moved)) == expected


def test_a_visit_with_a_wrong_clock_travels_in_one_request(delivery: Delivery) -> None:
    first_sent: dict[int, int] = {}
    for place, batch in enumerate(delivery.batches):
        for item in batch:
            if item.clock is Clock.WRONG:
                first_sent.setdefault(item.number, place)
    numbers = {item.number: item.offset for item in items_of(delivery) if item.clock is Clock.WRONG}
    neighbours = [number for number in numbers if numbers.get(number + 1) == numbers[number]]
    assert neighbours
    assert all(first_sent[number] == first_sent[number + 1] for number in neighbours)


def test_a_repeated_event_has_the_same_number_and_comes_later(delivery: Delivery) -> None:
    counts = Counter(item.number for item in items_of(delivery) if item.event)
    assert counts.total() - len(counts) == delivery.faults["repeated events"]
    assert max(counts.values()) <= 2


def test_the_collector_takes_each_event_and_refuses_each_malformed_one(delivery: Delivery) -> None:
    for item in items_of(delivery):
        element = wire(item, TARGET, NOW)
        spec = SPECS.get(element["event_type"]) if isinstance(element, dict) else None
        if item.event:
            assert spec
            assert spec.check(merge(spec, element, {}, {})).event_id == element["event_id"]
        elif spec:
            with pytest.raises(Refused):
                spec.check(merge(spec, element, {}, {}))


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_the_collector_takes_each_event_of_the_stories_worked_out_by_hand(story: Story) -> None:
    for event in story.events:
        spec = SPECS[event.event_type]
        spec.check(merge(spec, wire(Item(1, event), TARGET, NOW), {}, {}))


def test_a_visit_close_to_midnight_gets_no_wrong_clock(delivery: Delivery) -> None:
    wrong = [item.event for item in items_of(delivery) if item.event and item.clock is Clock.WRONG]
    assert all(5 * MINUTE <= event.at % DAY <= DAY - 5 * MINUTE for event in wrong)
