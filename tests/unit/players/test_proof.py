"""The proof: it agrees with a right store, and names whatever is wrong with another one.

DuckDB runs the very statements that are meant for Presto, over the same rows that the fold sees.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from pipectl.catalog import Catalog
from pipectl.lake.presto import Parameter, Presto, Result, render
from pipectl.players.fold import Fold
from pipectl.players.follower import Follower
from pipectl.players.proof import StateProof, prove_state
from pipectl.players.state import Marks, PlayerState
from tests.unit.players.conftest import Log, MemoryStore

COLUMNS = (
    "user_id VARCHAR, event_type VARCHAR, kafka_partition INTEGER, kafka_offset BIGINT, amount BIGINT, "
    "count BIGINT, damage BIGINT, guild_name VARCHAR, kind VARCHAR, outcome VARCHAR, price BIGINT"
)


@dataclass(frozen=True)
class DuckPresto(Presto):
    """Presto's place taken by DuckDB, at the one method that statements go through."""

    connection: Any = None

    def query(self, sql: str, **parameters: Parameter) -> Result:
        cursor = self.connection.execute(render(sql, parameters))
        names = tuple(column[0] for column in cursor.description)
        return Result(columns=names, rows=tuple(cursor.fetchall()))


@dataclass(frozen=True)
class Bench:
    """A log, the same rows in DuckDB, and a store that has folded them."""

    log: Log
    store: MemoryStore
    presto: DuckPresto
    catalog: Catalog

    def prove(self) -> StateProof:
        return prove_state(self.store, self.presto, self.catalog, self.log.ends)

    def change(self, player: str, **values: Any) -> None:
        right = PlayerState.from_json(self.store.kept[player])
        wrong = PlayerState(values={**right.values, **values}, offsets=right.offsets)
        self.store.kept[player] = wrong.to_json()


def play(log: Log) -> None:
    for number in range(40):
        player, partition = f"player{number % 5}", number % 5 % 4
        log.add("earn", player=player, partition=partition, amount=number * 2**40)
        log.add("buy", player=player, partition=partition, kind="bow", price=7, count=number % 3)
        log.add("fight", player=player, partition=partition, outcome=("won", "lost")[number % 2], damage=9)
        log.add("drop", player=player, partition=partition, kind="bow")
        log.add("earn", player=player, partition=partition)
        log.add("join", player=player, partition=partition, guild_name="rangers")


@pytest.fixture
def bench(game: Catalog, fold: Fold, log: Log, store: MemoryStore) -> Iterator[Bench]:
    play(log)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE events ({COLUMNS})")
        names = [column.split()[0] for column in COLUMNS.split(", ")]
        rows = [[row[name] for name in names] for row in log.rows]
        connection.executemany(f"INSERT INTO events VALUES ({', '.join('?' * len(names))})", rows)
        follower = Follower(store=store, fold=fold, ends=lambda: log.ends, read=log.read)
        while follower.step() is not None:
            pass
        yield Bench(log, store, DuckPresto("", 0, connection=connection), game)


def test_a_store_that_is_the_fold_is_good_and_its_totals_are_those_of_the_rows(bench: Bench) -> None:
    proof = bench.prove()

    assert proof.is_good
    assert (proof.players, proof.behind) == (5, 0)
    bought = sum(number % 3 for number in range(40))
    earned = sum(number * 2**40 for number in range(40))
    assert proof.totals == {"gold": earned - 7 * bought, "wins": 20, "inventory": bought - 40}


def test_a_changed_record_is_named_with_both_values_and_so_is_its_total(bench: Bench) -> None:
    bench.change("player3", gold=1)
    proof = bench.prove()

    assert not proof.is_good
    (difference,) = proof.differences
    assert difference.player == "player3"
    assert difference.stored
    assert difference.stored["gold"] == 1
    assert [one.name for one in proof.total_differences] == ["gold"]


def test_a_lost_record_and_one_too_many_are_named(bench: Bench) -> None:
    bench.store.kept["nobody"] = bench.store.kept.pop("player0")

    assert [one.player for one in bench.prove().differences] == ["nobody", "player0"]


def test_a_store_that_is_behind_is_good_as_far_as_it_has_got(bench: Bench, fold: Fold) -> None:
    bench.store.clear()
    reader = Follower(
        store=bench.store, fold=fold, ends=lambda: bench.log.ends, read=bench.log.read, slice_offsets=50
    )
    reader.step()
    proof = bench.prove()

    assert proof.is_good
    assert proof.behind > 0


def test_an_empty_store_is_good_and_all_the_way_behind(bench: Bench) -> None:
    bench.store.clear()
    proof = bench.prove()

    assert (proof.is_good, proof.players, proof.behind) == (True, 0, len(bench.log.rows))


def test_a_store_of_other_rules_is_not_good(bench: Bench) -> None:
    bench.store.kept_marks = Marks(rules="others", next_offsets=bench.log.ends)

    assert not bench.prove().is_good


def test_a_player_in_two_partitions_has_no_order_and_is_no_difference(bench: Bench) -> None:
    offset = bench.log.ends[1]
    bench.presto.connection.execute(
        f"INSERT INTO events (user_id, event_type, kafka_partition, kafka_offset) "
        f"VALUES ('player0', 'leave', 1, {offset})"
    )
    marks = bench.store.marks()
    moved = {**marks.next_offsets, 1: offset + 1}
    bench.store.kept_marks = Marks(rules=marks.rules, next_offsets=moved)
    proof = bench.prove()

    assert (proof.is_good, proof.unordered) == (True, ("player0",))
