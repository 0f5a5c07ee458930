"""The door to the daemon, against a daemon that answers what is not wanted, through the real SDK."""

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pipectl.errors import NotRunning, OperationFailed, PipectlError, PortTaken, ToolMissing
from pipectl.runtimes.docker_engine import DockerEngine
from pipectl.runtimes.image import BASE_IMAGE, ImageContent, image_content

KNOWN = {"ApiVersion": "1.41", "Version": "20.10.24", "Id": "0"}


class _Answers(BaseHTTPRequestHandler):
    """Answers each order as the test has laid down, in chunks, as the daemon does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200, json.dumps(KNOWN))

    def do_POST(self) -> None:
        self._read_body()
        status, body = self.server.answer  # type: ignore[attr-defined] # what the test has laid down
        self._answer(status, body)

    def _read_body(self) -> None:
        if self.headers.get("Transfer-Encoding") != "chunked":
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return
        while size := int(self.rfile.readline(), 16):
            self.rfile.read(size + 2)
        self.rfile.readline()

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(f"{len(body):x}\r\n{body}\r\n0\r\n\r\n".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{server.server_port}")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def build_failure(daemon: HTTPServer, *lines: dict[str, str]) -> PipectlError:
    daemon.answer = (200, "".join(json.dumps(line) + "\n" for line in lines))  # type: ignore[attr-defined]
    with pytest.raises(OperationFailed) as caught, DockerEngine() as engine:
        list(engine.build(ImageContent(files={}, tag="0")))
    return caught.value


def test_no_daemon_is_not_running(monkeypatch: pytest.MonkeyPatch, unused_port: int) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{unused_port}")
    with pytest.raises(NotRunning, match="No Docker daemon answers") as caught, DockerEngine() as engine:
        engine.daemon()
    assert "--runtime local" in caught.value.do_next


def test_a_daemon_without_rights_names_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK lets the system's refusal through as it is; as root there is no socket that refuses."""

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("docker.from_env", refuse)
    with pytest.raises(ToolMissing) as caught, DockerEngine() as engine:
        engine.daemon()
    assert "usermod -aG docker" in caught.value.do_next


@pytest.mark.parametrize(
    "last",
    [
        {"error": "write /layer.tar: no space left on device"},
        {
            "stream": "E: You don't have enough free space in /var/cache/apt/archives/.\n",
            "error": "code: 100",
        },
    ],
)
def test_a_full_disk_during_the_build_is_named(daemon: HTTPServer, last: dict[str, str]) -> None:
    begun = [{"stream": f"Step 1/9 : FROM {BASE_IMAGE}\n"}, {"stream": "Step 2/9 : RUN apt-get\n"}]
    told = build_failure(daemon, *begun, *({key: text} for key, text in last.items()))
    assert "space" in told.evidence
    assert "disk space" in told.do_next


def test_a_base_image_that_is_not_to_be_had_is_named(daemon: HTTPServer) -> None:
    told = build_failure(
        daemon,
        {"stream": f"Step 1/9 : FROM {BASE_IMAGE}\n"},
        {"error": "Get https://registry-1.docker.io/v2/: dial tcp: lookup failed"},
    )
    assert BASE_IMAGE in told.what
    assert "docker pull" in told.do_next


def test_a_port_that_was_taken_meanwhile_is_a_taken_port(daemon: HTTPServer) -> None:
    reason = "driver failed: Bind for 127.0.0.1:9092 failed: port is already allocated"
    daemon.answer = (500, json.dumps({"message": reason}))  # type: ignore[attr-defined]
    with pytest.raises(PortTaken) as caught, DockerEngine() as engine:
        engine.start("0")
    assert "9092" in caught.value.evidence


def test_the_image_has_pipectl_its_jobs_and_what_services_import_and_no_more() -> None:
    names = {name.split("/")[1] for name in image_content().files if name.startswith("packages/")}
    assert {"pyspark", "granian", "msgspec", "kafka", "pyarrow", "pandas"} <= names
    assert {"uvloop", "lz4"} <= names, "what is asked for as an extra of another package"
    assert not {"matplotlib", "pytest", "pipectl", "docker"} & names
    assert {"Dockerfile", "app/pipectl/errors.py", "app/pipectl/bundle/jobs/stream.py"} <= set(
        image_content().files
    )


def test_the_context_is_a_readable_archive() -> None:
    files = {name: path for name, path in image_content().files.items() if name == "Dockerfile"}
    target = io.BytesIO()
    ImageContent(files=files, tag="0").write_context(target)
    target.seek(0)
    with tarfile.open(fileobj=target) as archive:
        assert [(entry.name, entry.uid) for entry in archive] == [("Dockerfile", 0)]
