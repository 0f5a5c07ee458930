import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipectl.errors import NotRunning, OperationFailed
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
        Hdfs(f"hdfs://127.0.0.1:{unused_port}", "http://127.0.0.1:1").exists("/lake")


@pytest.mark.parametrize("given", ["hdfs://127.0.0.1:8020/lake/a b", "/lake/a b"])
def test_a_path_may_be_given_with_or_without_its_file_system(given: str) -> None:
    assert path_of(given) == "/lake/a b"


class _Web(BaseHTTPRequestHandler):
    """Answers as NameNode and DataNode do: the first names the second, under a name of its own network."""

    def do_GET(self) -> None:
        if "lost" in self.path:
            self._answer(404, b"File not found.")
        elif self.path.startswith("/webhdfs") and "datanode=1" not in self.path:
            self._send_on()
        else:
            self._answer(200, self.server.content)  # type: ignore[attr-defined]

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "datanode=1" not in self.path:
            self._send_on()
        else:
            self.server.content = body  # type: ignore[attr-defined]
            self._answer(201, b"")

    def _send_on(self) -> None:
        self.send_response(307)
        port = self.server.server_port  # type: ignore[attr-defined]
        self.send_header("Location", f"http://datanode.nowhere:{port}{self.path}&datanode=1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Web)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_contents_come_from_a_datanode_whose_name_only_its_neighbours_know(web: HTTPServer) -> None:
    hdfs = Hdfs("hdfs://127.0.0.1:1", f"http://127.0.0.1:{web.server_port}")

    hdfs.write_bytes("/lake/a b", b"\x00content")

    assert hdfs.read_bytes("hdfs://namenode:8020/lake/a b") == b"\x00content"


def test_a_file_that_is_not_there_is_named(web: HTTPServer) -> None:
    with pytest.raises(OperationFailed, match="no such file"):
        Hdfs("hdfs://127.0.0.1:1", f"http://127.0.0.1:{web.server_port}").read_bytes("/lake/lost")
