"""The door to HDFS: files through hdfs-native, their contents by HTTP, and the NameNode's own page.

No other module imports `hdfs_native`; its errors become ours here. A DataNode goes by one name, and where
it is a container this machine does not know that name. Over HTTP (WebHDFS) that is no matter: the NameNode
answers with the address of a DataNode, and the same port is open here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import hdfs_native
import requests

from pipectl.errors import NotRunning, OperationFailed

USER = "pipectl"
"""Whoever types the command: the files of a stack belong to one user, the one that its engines run as."""

_JMX_TIMEOUT_SECONDS = 3
_CONTENT_TIMEOUT_SECONDS = 60
_CLIENT_CONFIG = {  # by its own defaults it asks a dead NameNode again for three minutes
    "dfs.client.failover.max.attempts": "2",
    "dfs.client.failover.sleep.base.millis": "100",
    "dfs.client.failover.sleep.max.millis": "500",
}
_START = "Run: pipectl up"


@dataclass(frozen=True, kw_only=True)
class HdfsFile:
    """A file or a folder, by its path within the file system."""

    path: str
    size_bytes: int
    is_folder: bool


@dataclass(frozen=True, kw_only=True)
class NamenodeState:
    """What the NameNode says of itself."""

    is_operational: bool
    live_datanodes: int
    safe_mode: bool


class Hdfs:
    """One file system. Paths may be given as `/lake/x` or as full `hdfs://` URLs.

    Every call raises NotRunning when no NameNode answers, and OperationFailed when it refuses.
    """

    def __init__(self, namenode_url: str, web_url: str) -> None:
        """Connect lazily: the first call is the first that talks to the NameNode, here or at its web page."""
        os.environ.setdefault("HADOOP_USER_NAME", USER)  # the only way to tell hdfs-native who asks
        self.url = namenode_url
        self._web_url = web_url
        with _translated(self.url):
            self._client = hdfs_native.Client(namenode_url, _CLIENT_CONFIG)

    def exists(self, path: str) -> bool:
        """Say whether there is a file or a folder."""
        return self.modified_at(path) is not None

    def modified_at(self, path: str) -> int | None:
        """Return when a file was last written, in ms since the epoch; None where there is none."""
        with _translated(self.url):
            try:
                return int(self._client.get_file_info(path_of(path)).modification_time)
            except FileNotFoundError:
                return None

    def size_bytes(self, path: str) -> int:
        """Return the length of a file."""
        with _translated(self.url):
            return int(self._client.get_file_info(path_of(path)).length)

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it; one that is there already is left as it is."""
        with _translated(self.url):
            self._client.mkdirs(path_of(path), create_parent=True)

    def list(self, path: str, *, recursive: bool = False) -> Iterator[HdfsFile]:
        """Yield what lies in a folder; a folder that is not there is empty."""
        with _translated(self.url):
            try:
                for status in self._client.list_status(path_of(path), recursive):
                    yield HdfsFile(path=status.path, size_bytes=status.length, is_folder=status.isdir)
            except FileNotFoundError:
                return

    def read_bytes(self, path: str) -> bytes:
        """Return the whole content of a file."""
        with _translated(self.url):
            return self._exchange("GET", path, {"op": "OPEN"})

    def write_bytes(self, path: str, content: bytes) -> None:
        """Write a whole file; one that is there is replaced."""
        with _translated(self.url):
            self._exchange("PUT", path, {"op": "CREATE", "overwrite": "true"}, content)

    def delete(self, path: str, *, recursive: bool = False) -> bool:
        """Delete, and say whether there was something."""
        with _translated(self.url):
            return bool(self._client.delete(path_of(path), recursive))

    def _exchange(self, method: str, path: str, query: dict[str, str], content: bytes = b"") -> bytes:
        """Ask the NameNode which DataNode it is, then exchange contents with that one."""
        url = f"{self._web_url}/webhdfs/v1{quote(path_of(path))}"
        told = _request(method, url, params={**query, "user.name": USER}, allow_redirects=False)
        datanode = urlsplit(told.headers["Location"])
        here = f"{urlsplit(self._web_url).hostname}:{datanode.port}"
        return _request(method, datanode._replace(netloc=here).geturl(), data=content).content


def _request(method: str, url: str, **options: Any) -> requests.Response:
    answer = requests.request(method, url, timeout=_CONTENT_TIMEOUT_SECONDS, **options)
    if answer.status_code == HTTPStatus.NOT_FOUND:
        raise FileNotFoundError(answer.text)
    if not answer.ok:
        raise RuntimeError(answer.text)
    return answer


def namenode_state(http_port: int, host: str = "127.0.0.1") -> NamenodeState:
    """Ask the NameNode how it is; raises NotRunning when it does not answer."""
    state = _jmx_bean(host, http_port, "FSNamesystemState")
    info = _jmx_bean(host, http_port, "NameNodeInfo")
    return NamenodeState(
        is_operational=state.get("FSState") == "Operational",
        live_datanodes=int(state.get("NumLiveDataNodes", 0)),
        safe_mode=bool(info.get("Safemode")),  # a sentence while it is on, empty when it is off
    )


def _jmx_bean(host: str, port: int, name: str) -> dict[str, Any]:
    query = {"qry": f"Hadoop:service=NameNode,name={name}"}
    url = f"http://{host}:{port}/jmx"
    try:
        answer = requests.get(url, params=query, timeout=_JMX_TIMEOUT_SECONDS)
        answer.raise_for_status()
        beans = answer.json()["beans"]
    except (requests.RequestException, ValueError, KeyError) as error:
        raise NotRunning("The NameNode does not answer.", evidence=str(error), do_next=_START) from error
    if not beans:
        raise NotRunning("The NameNode is still starting.", evidence=f"{url} has no {name}")
    return dict(beans[0])


def path_of(url: str) -> str:
    """Return the path within the file system of a full URL; a bare path is one already."""
    return urlsplit(url).path if "://" in url else url


@contextmanager
def _translated(url: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise OperationFailed(
            f"There is no such file on {url}.", evidence=_first_line(error), do_next="Run: pipectl verify"
        ) from error
    except OSError as error:  # refused, reset, timed out
        raise NotRunning(
            f"HDFS does not answer at {url}.", evidence=_first_line(error), do_next=_START
        ) from error
    except RuntimeError as error:  # everything that the NameNode or a DataNode itself answers
        raise OperationFailed(
            f"HDFS at {url} refused.", evidence=_first_line(error), do_next="Run: pipectl logs namenode"
        ) from error


def _first_line(error: Exception) -> str:
    """Leave out the stack trace of the NameNode."""
    return str(error).replace("\\n", "\n").splitlines()[0]
