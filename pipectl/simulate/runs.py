"""A whole simulation: players -> events -> requests, and the file that remembers the expected answers."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pipectl.errors import OperationFailed
from pipectl.settings import Settings
from pipectl.simulate.delivery import Delivery, plan_delivery
from pipectl.simulate.life import Event, Life
from pipectl.simulate.oracle import expected_answers
from pipectl.simulate.oracle.play import Play
from pipectl.simulate.world import DAY
from pipectl.whole import write_whole

LONGEST_DAYS = 80
"""Older events would be refused by the collector, which believes no clock that is 90 days back."""

MOST_PLAYERS = 20_000
"""All events of a simulation are in memory: some 100 of a player within a month, 1 KB each."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is simulated: so many players within so many days, of which `until` is the first one after."""

    days: int
    players: int
    seed: int
    until: date

    @property
    def first_day(self) -> date:
        """The date of day 0."""
        return self.until - timedelta(days=self.days)

    def new_run_id(self) -> str:
        """Return a name for one run of this plan: by its second, and unique."""
        return f"sim-{self.seed}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"


def play(plan: Plan) -> Delivery:
    """Play all lives of a plan, and return how their events are delivered; the same plan, the same bytes."""
    lives = (Life(plan.seed, number, plan.days) for number in range(plan.players))
    return plan_delivery([visit for life in lives for visit in life.visits()], plan.seed)


def play_on(plan: Plan) -> Sequence[Event]:
    """Play one day more, the one after the plan's last, and return its events in their order."""
    lives = (Life(plan.seed, number, plan.days, more_days=1) for number in range(plan.players))
    events = (event for life in lives for visit in life.visits() for event in visit.events)
    return sorted((event for event in events if event.at >= plan.days * DAY), key=lambda event: event.at)


def answers_file(settings: Settings, run_id: str) -> Path:
    """Return where the expected answers of a simulation of this stack are saved."""
    return settings.stack_folder / "simulations" / f"{run_id}.json"


def answers(plan: Plan, run_id: str, delivery: Delivery) -> Mapping[str, Any]:
    """Return the expected answer of each figure, with what was simulated."""
    return {
        "run_id": run_id,
        "seed": plan.seed,
        "players": plan.players,
        "days": plan.days,
        "until": plan.until.isoformat(),
        "landed": len(delivery.landed),
        "faults": delivery.faults,
        "figures": expected_answers(Play(plan.first_day, plan.days, delivery.landed)),
    }


def save_answers(document: Mapping[str, Any], file: Path) -> None:
    """Write the answers down, whole or not at all; raises OperationFailed if that is not possible."""
    try:
        write_whole(file, json.dumps(document) + "\n")
    except OSError as error:
        raise OperationFailed(
            f"The expected answers cannot be saved as {file}.", evidence=str(error), do_next="Make room."
        ) from error
