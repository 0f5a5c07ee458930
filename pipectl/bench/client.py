"""The collector as a client sees it: whether it is ready, and one `POST /events`."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import requests

from pipectl.errors import NotRunning, UsageFault

_READY_SECONDS = 5
_POST_SECONDS = 30  # longer than the collector waits for Kafka
_START = "Run: pipectl up"


def check_ready(url: str) -> None:
    """Make sure that a collector answers and reaches Kafka; raises NotRunning, UsageFault for a wrong URL."""
    response = _request("GET", url, "/ready", timeout=_READY_SECONDS)
    if response.status_code != HTTPStatus.OK:
        raise NotRunning(
            f"The collector at {url} is not ready.",
            evidence=f"{response.status_code} {response.text.strip()}",
            do_next="Run: pipectl status",
        )


def post_events(
    url: str, events: Sequence[Mapping[str, Any]], write_key: str | None = None
) -> tuple[int, Any]:
    """Send one event, or a list of them, and return the status and the answer.

    Raises NotRunning when nobody answers, or when Kafka has not acknowledged.
    """
    return _post(url, events[0] if len(events) == 1 else list(events), {"X-Write-Key": write_key})


def post_list(
    url: str, elements: Sequence[Any], *, run_id: str, write_key: str | None = None
) -> tuple[int, Any]:
    """Send a list under a run's name, answered element by element also where it has one; else as above."""
    return _post(url, list(elements), {"X-Write-Key": write_key, "X-Pipectl-Run": run_id})


def _post(url: str, document: Any, named: Mapping[str, str | None]) -> tuple[int, Any]:
    headers = {"Accept": "application/json", **{name: value for name, value in named.items() if value}}
    response = _request("POST", url, "/events", json=document, headers=headers, timeout=_POST_SECONDS)
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise NotRunning(
            "The collector could not take the event.",
            evidence=f"{response.status_code} {response.text.strip()}",
            do_next="Run: pipectl status",
        )
    try:
        return response.status_code, response.json()
    except requests.JSONDecodeError:
        return response.status_code, response.text.strip()


def _request(method: str, url: str, path: str, **options: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the surroundings does not know this machine's collector
        try:
            return session.request(method, f"{url}{path}", **options)
        except (requests.ConnectionError, requests.Timeout) as error:
            raise NotRunning(
                f"No collector answers at {url}.", evidence=str(error), do_next=_START
            ) from error
        except (requests.RequestException, ValueError) as error:
            raise UsageFault(
                f"{url} is no address of a collector.",
                evidence=str(error),
                do_next="Give one such as --url http://127.0.0.1:5000",
            ) from error
