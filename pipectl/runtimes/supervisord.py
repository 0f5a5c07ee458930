"""The door to supervisord, which keeps the local processes of one stack running.

Its configuration is the same for the life of a stack: every service is a program whose command is
`pipectl.runtimes.launch`, and what that starts is read from the service's own folder.
"""

import hashlib
import subprocess
import sys
import tempfile
import xmlrpc.client
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from supervisor.xmlrpc import SupervisorTransport

from pipectl.errors import OperationFailed
from pipectl.services.recipe import Recipe
from pipectl.waiting import wait_until

_LONGEST_SOCKET_PATH = 100  # the kernel allows 108 bytes
_RUNNING_STATES = frozenset({"STARTING", "RUNNING", "STOPPING"})
_ALREADY_STARTED = frozenset({60})
_NOT_RUNNING = frozenset({10, 70})  # 10: this daemon, of an older pipectl, has no such program
_KILL_SECONDS = 10  # how soon a killed process is gone, also on a machine that has much to do

_DAEMON = """\
[unix_http_server]
file = {socket}
[supervisord]
logfile = {folder}/supervisord.log
logfile_maxbytes = 1MB
pidfile = {folder}/supervisord.pid
childlogdir = {folder}
directory = {folder}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
# A program that ends within `startsecs` counts as not started: it is tried again after 1, 2, 3 .. s.
# Only the leader is asked to stop: it knows in which order its children end (Spark's JVM after the batch).
_PROGRAM = """\
[program:{name}]
command = "{python}" -m pipectl.runtimes.launch "{folder}" {name}
directory = {folder}/services/{name}
stdout_logfile = {folder}/services/{name}/log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 2
redirect_stderr = true
autostart = false
autorestart = unexpected
exitcodes = {final_exit_codes}
startsecs = 5
startretries = 8
stopwaitsecs = {stop_seconds}
killasgroup = true
"""


@dataclass(frozen=True, kw_only=True)
class ProgramState:
    """What supervisord says of a program."""

    running: bool
    is_over: bool
    pid: int | None
    uptime_seconds: float
    exit_code: int | None
    detail: str


class Supervisord:
    """One daemon for one stack, found again by its socket."""

    def __init__(self, stack_folder: Path, recipes: Sequence[Recipe]) -> None:
        """Remember where the daemon lives and what it may have to run; nothing is started."""
        self._folder = stack_folder
        self._recipes = {recipe.name: recipe for recipe in recipes}
        socket = stack_folder / "supervisord.sock"
        if len(str(socket)) > _LONGEST_SOCKET_PATH:
            digest = hashlib.sha256(str(stack_folder).encode()).hexdigest()[:16]
            socket = Path(tempfile.gettempdir()) / f"pipectl-{digest}.sock"
        self._socket = socket

    def is_running(self) -> bool:
        """Tell whether the daemon answers."""
        try:
            self._call("getState")
        except (OSError, OperationFailed):
            return False
        return True

    def ensure_running(self) -> None:
        """Start the daemon if it does not answer; returns when it does."""
        if self.is_running():
            return
        config = self._folder / "supervisord.conf"
        config.write_text(self._config(), "utf-8")
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(config)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self._folder)
        if done.returncode:
            raise OperationFailed("supervisord did not start.", evidence=done.stderr or done.stdout)
        wait_until(self.is_running, timeout_seconds=10, message="supervisord does not answer.")

    def states(self) -> Mapping[str, ProgramState]:
        """Return the state of each program; empty if the daemon is not running."""
        if not self.is_running():
            return {}
        infos = {str(info["name"]): info for info in self._call("getAllProcessInfo")}
        return {name: _state(info, self._recipes[name].final_exit_codes) for name, info in infos.items()}

    def start(self, name: str) -> None:
        """Begin to start a program; returns at once. Starting a running one changes nothing."""
        with _unless(_ALREADY_STARTED):
            self._call("startProcess", name, False)  # noqa: FBT003 - the protocol has positions only

    def stop(self, name: str) -> None:
        """Stop a program's process group, by force after its time; blocks until it is gone."""
        with _unless(_NOT_RUNNING):
            # Asked to answer only when it is gone, the daemon would wait for that with a whole core.
            self._call("stopProcess", name, False)  # noqa: FBT003 - as above
            wait_until(
                lambda: self.states()[name].is_over,
                timeout_seconds=self._recipes[name].stop_seconds + _KILL_SECONDS,
                message=f"{name} does not end.",
            )

    def shut_down(self) -> None:
        """End the daemon and whatever it still runs; blocks until it no longer answers."""
        if not self.is_running():
            return
        self._call("shutdown")
        wait_until(
            lambda: not self.is_running(),
            timeout_seconds=120,
            message="supervisord does not end.",
        )

    def _call(self, method: str, *arguments: object) -> list[dict[str, object]]:
        transport = SupervisorTransport(None, None, serverurl=f"unix://{self._socket}")
        try:
            with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as server:
                return getattr(server.supervisor, method)(*arguments)  # type: ignore[no-any-return]
        except xmlrpc.client.Error as error:
            raise OperationFailed(f"supervisord refused {method}.", evidence=str(error)) from error

    def _config(self) -> str:
        values = {"folder": _escaped(self._folder), "python": _escaped(Path(sys.executable))}
        parts = [_DAEMON.format(socket=_escaped(self._socket), **values)]
        for recipe in self._recipes.values():
            codes = ",".join(str(code) for code in recipe.final_exit_codes)
            text = _PROGRAM.format(
                name=recipe.name, stop_seconds=recipe.stop_seconds, final_exit_codes=codes, **values
            )
            parts.append(text)
        return "".join(parts)


@contextmanager
def _unless(faults: Collection[int]) -> Iterator[None]:
    """Take a refusal with one of these codes for success: what was asked for is so."""
    try:
        yield
    except OperationFailed as error:
        cause = error.__cause__
        if not (isinstance(cause, xmlrpc.client.Fault) and cause.faultCode in faults):
            raise


def _escaped(path: Path) -> str:
    """Supervisord expands % in its configuration."""
    return str(path).replace("%", "%%")


def _state(info: Mapping[str, object], final_exit_codes: Sequence[int]) -> ProgramState:
    state = str(info["statename"])
    # EXITED alone may be the moment between an end and the next start.
    is_final = state == "EXITED" and info["exitstatus"] in final_exit_codes
    running = state in _RUNNING_STATES
    return ProgramState(
        running=running,
        is_over=is_final or state in ("FATAL", "STOPPED"),
        pid=int(str(info["pid"])) or None,
        uptime_seconds=float(str(info["now"])) - float(str(info["start"])) if running else 0.0,
        exit_code=None if running else int(str(info["exitstatus"])),
        detail=str(info["spawnerr"] or info["description"]),
    )
