"""What a result has to be read with: the machine, the versions, and what else kept it busy."""

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from pipectl import __version__

PACKAGES = ("confluent-kafka", "duckdb", "flask", "granian", "kafka-python", "msgspec", "pyspark")
_GIB = 1024**3


def machine() -> Mapping[str, Any]:
    """Return what stays as it is for the length of a run."""
    return {
        "cpu": _cpu_model(),
        "cpus": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / _GIB, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {"pipectl": __version__, **{name: _version(name) for name in PACKAGES}},
    }


@dataclass(frozen=True)
class Clock:
    """The machine's own account of its time at one moment; see `Clock.until`."""

    total: float
    idle: float
    stolen: float

    @classmethod
    def now(cls) -> "Clock":
        """Read the clock."""
        times = psutil.cpu_times()
        return cls(sum(times), times.idle, getattr(times, "steal", 0.0))

    def until(self, later: "Clock") -> Mapping[str, float]:
        """Return the load average, and which parts of the time were busy and stolen, in percent."""
        passed = max(later.total - self.total, 1e-9)
        return {
            "load_average_1_minute": round(os.getloadavg()[0], 2),
            "busy_percent": round(100 * (1 - (later.idle - self.idle) / passed), 1),
            "steal_percent": round(100 * (later.stolen - self.stolen) / passed, 2),
        }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
