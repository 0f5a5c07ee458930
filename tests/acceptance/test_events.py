"""Every event type, verb and way to give a value, sent with ab and curl; then exact rows in Presto."""

import gzip
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import requests

from pipectl.bundled import bundled
from pipectl.catalog import load_catalog
from tests.harness import Stack

CATALOG = load_catalog(bundled("events.toml"))
JSON = ("-H", "Content-Type: application/json")
AB_REQUESTS = 3


def curl(stack: Stack, player: str, target: str, *words: str) -> str:
    """Send one request as this player and return what was answered; a 4xx fails."""
    command = ["curl", "--silent", "--show-error", "--fail-with-body", "-H", f"X-User-Id: {player}", *words]
    done = subprocess.run([*command, f"{stack.url}{target}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout} {done.stderr}"
    return done.stdout


def ab(stack: Stack, player: str, target: str, *words: str) -> None:
    """Send requests with ab as this player; each must be answered 2xx."""
    command = ["ab", "-n", str(AB_REQUESTS), "-H", f"Host: {player}", *words, f"{stack.url}{target}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Failed requests:        0" in done.stdout, done.stdout
    assert "Non-2xx" not in done.stdout, done.stdout


def rows(stack: Stack, player: str, columns: str) -> list[tuple[Any, ...]]:
    """Return these columns of all that a player did, in order of arrival."""
    told = stack.presto.query(
        f"select {columns} from events where user_id = '{player}' order by kafka_offset"
    )
    return [tuple(row) for row in told.rows]


@pytest.fixture(scope="module")
def sent(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """Everything that the tests below look for, landed."""
    folder = tmp_path_factory.mktemp("bodies")
    send_bare(stack)
    send_item_9(stack)
    send_item_10(stack, folder)
    send_item_11(stack)
    send_packed(stack, folder)
    stack.pipectl("drain")
    return stack


def send_bare(stack: Stack) -> None:
    for event in CATALOG:
        route = next(route for route in event.routes if route.method == "GET" and not route.parameters)
        ab(stack, f"bare.{event.name}", route.path)
        curl(stack, f"line.{event.name}", route.path)


def send_item_9(stack: Stack) -> None:
    """Send one purchase as JSON, as a form and by the path."""
    item = '{"kind": "potion", "price": 30, "quantity": 4}'
    curl(stack, "item-9", "/purchase_item", *JSON, "-d", item)
    curl(stack, "item-9", "/purchase_item", "-d", "kind=potion&price=30&quantity=4")
    curl(stack, "item-9", "/purchase_item/potion", *JSON, "-d", '{"price": 30, "quantity": 4}')
    curl(stack, "item-9", "/purchase_item/potion", "-d", "price=30&quantity=4")


def send_item_10(stack: Stack, folder: Path) -> None:
    """Send DELETE and PUT, with and without a body, with curl and with the assignment's lines of ab."""
    curl(stack, "item-10-curl", "/guilds/dragon_friends/members", "-X", "PUT")
    curl(stack, "item-10-curl", "/guilds/dragon_friends/members", "-X", "PUT", "-d", "role=leader")
    curl(stack, "item-10-curl", "/guilds/dragon_friends/members", "-X", "DELETE")
    curl(stack, "item-10-curl", "/inventory/bow?quantity=2", "-X", "DELETE")
    curl(stack, "item-10-curl", "/inventory/bow", "-X", "DELETE", *JSON, "-d", '{"quantity": 3}')
    curl(stack, "item-10-curl", "/iap/t-1", "-X", "PUT", *JSON, "-d", '{"amount_minor": 999}')
    curl(stack, "item-10-curl", "/iap/t-1", "-X", "DELETE", *JSON, "-d", '{"amount_minor": 999}')
    body = folder / "body.json"
    body.write_text('{"quantity": 5}')
    ab(stack, "item-10-delete", "/inventory/armor", "-p", str(body), "-T", "application/json", "-m", "DELETE")
    body.write_text('{"role": "officer"}')
    ab(stack, "item-10-put", "/guilds/night_watch/members", "-u", str(body), "-T", "application/json")
    body.write_text('{"health": 7}')
    ab(stack, "item-10-post", "/heal", "-p", str(body), "-T", "application/json")


def send_item_11(stack: Stack) -> None:
    """Send queries with encoding, unicode, and a key that is repeated with one value."""
    ab(stack, "item-11-ab", "/purchase_a_sword?sword_type=katana&price=120")
    katana = ("-G", "--data-urlencode", "sword_type=刀 & +é", "--data-urlencode", "price=120")
    curl(stack, "item-11-curl", "/purchase_a_sword", *katana)
    curl(stack, "item-11-curl", "/purchase_a_sword?sword_type=%E5%88%80+%26%20%2B%C3%A9&price=120&price=120")


def send_packed(stack: Stack, folder: Path) -> None:
    """Send a thousand events as one gzip body."""
    events = [{"event_type": "earn_gold", "amount": number + 1} for number in range(1000)]
    packed = folder / "events.gz"
    packed.write_bytes(gzip.compress(json.dumps(events).encode()))
    words = (*JSON, "-H", "Content-Encoding: gzip", "--data-binary", f"@{packed}")
    answer = json.loads(curl(stack, "packed", "/events", *words))
    assert (answer["accepted"], answer["not_accepted"]) == (1000, 0)


@pytest.mark.parametrize("name", CATALOG.events)
def test_a_bare_request_lands_as_one_event_with_the_defaults_of_its_type(sent: Stack, name: str) -> None:
    fields = CATALOG.event(name).fields
    columns = ", ".join(["event_type", "method", "host", *fields])
    defaults = [field.default for field in fields.values()]

    assert rows(sent, f"bare.{name}", columns) == [(name, "GET", f"bare.{name}", *defaults)] * AB_REQUESTS
    assert [row[0] for row in rows(sent, f"line.{name}", columns)] == [name]


def test_a_body_as_json_a_form_and_a_path_land_the_same_row(sent: Stack) -> None:
    landed = rows(sent, "item-9", "event_type, kind, price, quantity, payload_hash")

    assert len(landed) == 4
    assert {row[:4] for row in landed} == {("purchase_item", "potion", 30, 4)}
    assert len({row[4] for row in landed}) == 1


def test_delete_and_put_land_with_and_without_a_body(sent: Stack) -> None:
    columns = "method, event_type, guild_name, role, item, quantity, transaction_id, amount_minor"

    assert rows(sent, "item-10-curl", columns) == [
        ("PUT", "join_guild", "dragon_friends", "member", None, None, None, None),
        ("PUT", "join_guild", "dragon_friends", "leader", None, None, None, None),
        ("DELETE", "leave_guild", "dragon_friends", None, None, None, None, None),
        ("DELETE", "sell_item", None, None, "bow", 2, None, None),
        ("DELETE", "sell_item", None, None, "bow", 3, None, None),
        ("PUT", "iap_purchase", None, None, None, None, "t-1", 999),
        ("DELETE", "iap_refund", None, None, None, None, "t-1", 999),
    ]


@pytest.mark.parametrize(
    ("player", "columns", "expected"),
    [
        ("item-10-delete", "method, event_type, item, quantity", ("DELETE", "sell_item", "armor", 5)),
        (
            "item-10-put",
            "method, event_type, guild_name, role",
            ("PUT", "join_guild", "night_watch", "officer"),
        ),
        ("item-10-post", "method, event_type, health", ("POST", "heal", 7)),
        ("item-11-ab", "method, event_type, sword_type, price", ("GET", "purchase_sword", "katana", 120)),
    ],
)
def test_each_request_of_ab_is_one_row(
    sent: Stack, player: str, columns: str, expected: tuple[object, ...]
) -> None:
    assert rows(sent, player, columns) == [expected] * AB_REQUESTS


def test_a_query_keeps_its_unicode_and_a_repeated_key_counts_once(sent: Stack) -> None:
    assert rows(sent, "item-11-curl", "sword_type, price") == [("刀 & +é", 120)] * 2


def test_a_thousand_events_in_one_compressed_body_land(sent: Stack) -> None:
    assert sorted(rows(sent, "packed", "amount")) == [(number,) for number in range(1, 1001)]


def test_head_and_options_make_no_event(stack: Stack) -> None:
    before = accepted(stack)
    head = subprocess.run(
        ["curl", "-sI", f"{stack.url}/join_guild"], capture_output=True, text=True, check=True
    )
    options = requests.options(f"{stack.url}/join_guild", timeout=10)

    assert head.stdout.startswith("HTTP/1.1 405")
    assert "allow: GET, OPTIONS, POST" in head.stdout.lower().replace(
        "get, options, post", "GET, OPTIONS, POST"
    )
    assert (options.status_code, options.headers["allow"]) == (204, "GET, OPTIONS, POST")
    assert accepted(stack) == before


def accepted(stack: Stack) -> int:
    """Return how many events the collector has counted since it was started."""
    lines = requests.get(f"{stack.url}/metrics", timeout=10).text.splitlines()
    return sum(int(line.rsplit(" ", 1)[1]) for line in lines if "events_accepted_total{" in line)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("/purchase_a_sword?price=-1",), 422),
        (("/purchase_a_sword?price=1&price=2",), 422),
        (("/purchase_a_sword?sword_type=%E5%88",), 400),
        (("/purchase_a_sword", *JSON, "-d", "{"), 400),
        (("/purchase_a_sword", "-H", "Content-Type: text/xml", "-d", "<a/>"), 415),
    ],
)
def test_bad_input_is_a_4xx_with_a_reason_and_kept_once(
    stack: Stack, words: Sequence[str], status: int
) -> None:
    before = kept(stack)
    target, *rest = words
    command = ["curl", "-s", "-w", "\n%{http_code}", *rest, f"{stack.url}{target}"]
    body, _, code = subprocess.run(command, capture_output=True, text=True, check=True).stdout.rpartition(
        "\n"
    )

    assert (int(code), json.loads(body)["status"]) == (status, status)
    assert json.loads(body)["errors"][0].keys() == {"path", "rule", "message"}
    stack.pipectl("drain")
    assert kept(stack) == before + 1


def kept(stack: Stack) -> int:
    """Return how many refusals of the collector have landed."""
    return int(stack.presto.query("select count(*) from rejected_events where stage = 'collector'").scalar())


def test_a_load_of_every_event_type_and_verb_lands_whole(stack: Stack) -> None:
    result = stack.json("load", "--profile", "mixed")["data"]
    total = result["total"]
    assert (total["failed"], total["non_2xx"]) == (0, 0)
    stack.pipectl("drain")
    run = f"run_id = '{result['run_id']}'"
    landed = stack.presto.query(f"select count(*), count(distinct event_type) from events where {run}").rows[
        0
    ]
    assert tuple(landed) == (total["completed"], len(CATALOG.events))


def test_the_counts_balance(sent: Stack) -> None:
    counts = sent.json("verify")["data"]["counts"]

    classes = ("landed", "not_selected", "rejected", "duplicates")
    assert counts["accepted"] == sum(counts[name] for name in classes)
