import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipectl.errors import NotRunning
from pipectl.hdfs import Hdfs, namenode_state, path_of


class _Jmx(BaseHTTPRequestHandler):
    """Answers as the NameNode's JMX page does, with the beans of its server."""

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)["qry"][0]
        name = query.rsplit("name=", 1)[1]
        beans = self.server.beans.get(name, [])  # type: ignore[attr-defined]
        body = json.dumps({"beans": beans}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def jmx() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Jmx)
    server.beans = {}  # type: ignore[attr-defined] # what the handler answers
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_namenode_s_state_is_read_from_its_own_page(jmx: HTTPServer) -> None:
    jmx.beans = {  # type: ignore[attr-defined]
        "FSNamesystemState": [{"FSState": "Operational", "NumLiveDataNodes": 1}],
        "NameNodeInfo": [{"Safemode": ""}],
    }

    state = namenode_state(jmx.server_port)

    assert (state.is_operational, state.live_datanodes, state.safe_mode) == (True, 1, False)


def test_safe_mode_is_a_sentence_on_that_page(jmx: HTTPServer) -> None:
    jmx.beans = {  # type: ignore[attr-defined]
        "FSNamesystemState": [{"FSState": "safeMode", "NumLiveDataNodes": 0}],
        "NameNodeInfo": [{"Safemode": "Safe mode is ON. ..."}],
    }

    state = namenode_state(jmx.server_port)

    assert (state.is_operational, state.live_datanodes, state.safe_mode) == (False, 0, True)


def test_a_namenode_without_its_beans_is_still_starting(jmx: HTTPServer) -> None:
    with pytest.raises(NotRunning, match="starting"):
        namenode_state(jmx.server_port)


def test_a_namenode_that_is_not_there_is_not_running(unused_port: int) -> None:
    with pytest.raises(NotRunning):
        namenode_state(unused_port)


def test_files_of_a_namenode_that_is_not_there_are_not_running(unused_port: int) -> None:
    with pytest.raises(NotRunning, match=f"127.0.0.1:{unused_port}"):
        Hdfs(f"hdfs://127.0.0.1:{unused_port}").exists("/lake")


@pytest.mark.parametrize("given", ["hdfs://127.0.0.1:8020/lake/a b", "/lake/a b"])
def test_a_path_may_be_given_with_or_without_its_file_system(given: str) -> None:
    assert path_of(given) == "/lake/a b"
