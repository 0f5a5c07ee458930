"""Settings: defaults < pipectl.toml < environment < flags, resolved once into one frozen value.

Every value remembers where it came from, so that `pipectl config show` can say it. Environment names
are `PIPECTL_` and the path with double underscores: `PIPECTL_PORTS__KAFKA=19092`.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from pipectl.bundled import bundled
from pipectl.errors import UsageFault

SETTINGS_FILE = "pipectl.toml"
Port = Annotated[int, Field(ge=1, le=65535)]
Megabytes = Annotated[int, Field(ge=64, description="MiB")]
StoreName = Literal["redis", "cassandra"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Ports(_Section):
    """Where each service listens on 127.0.0.1."""

    collector: Port = 5000
    kafka: Port = 9092
    kafka_controller: Port = 9093
    kafka_inside: Port = 9094  # between containers, where 9092 is advertised to the user
    namenode: Port = 8020
    namenode_http: Port = 9870
    datanode: Port = 9866
    datanode_http: Port = 9864
    datanode_ipc: Port = 9867
    presto: Port = 8080
    redis: Port = 6380  # Debian's own Redis service has 6379
    cassandra: Port = 9042
    cassandra_storage: Port = 7000  # between nodes, of which there is one


class Kafka(_Section):
    """The broker and its topics."""

    partitions: Annotated[int, Field(ge=1, le=64)] = 4  # fixed for the life of a stack
    heap_mb: Megabytes = 512


class Hdfs(_Section):
    """NameNode and DataNode."""

    namenode_heap_mb: Megabytes = 256
    datanode_heap_mb: Megabytes = 256


class Presto(_Section):
    """The query engine."""

    heap_mb: Megabytes = 1024


class Redis(_Section):
    """The store of the player state."""

    max_memory_mb: Megabytes = 256


class Cassandra(_Section):
    """The other store of the player state."""

    heap_mb: Megabytes = 256


class Collector(_Section):
    """HTTP in, Kafka out."""

    host: str = "127.0.0.1"
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    max_in_flight: Annotated[int, Field(ge=1)] = 10_000  # requests waiting for Kafka; above: 503
    kafka_timeout_seconds: Annotated[float, Field(gt=0)] = 10.0
    write_key: SecretStr | None = None  # asked of every writer when set; a must where host is not loopback

    @property
    def key(self) -> str | None:
        """The write key in clear, for those who send or check it."""
        return self.write_key.get_secret_value() if self.write_key else None

    @model_validator(mode="after")
    def _is_guarded(self) -> Self:
        if self.write_key is None and not self.host.startswith("127.") and self.host != "localhost":
            raise ValueError(f"a collector that listens on {self.host} needs a collector.write_key")
        return self


class Stream(_Section):
    """The streaming job."""

    select: Literal["all"] | tuple[str, ...] = "all"
    trigger_seconds: Annotated[float, Field(ge=0, le=120)] = 1.0
    max_records_per_batch: Annotated[int, Field(ge=1)] = 200_000
    lookup_window_seconds: Annotated[int, Field(ge=0)] = 3600  # how far back duplicates are looked up
    master: str = "local[2,4]"  # plain local[N] never retries a task
    driver_memory_mb: Megabytes = 1536
    watchdog_seconds: Annotated[int, Field(ge=10)] = 60
    once: bool = False  # land what is there, then stop


class Upkeep(_Section):
    """How small the streaming job keeps the lake, between its batches."""

    every_batches: Annotated[int, Field(ge=0)] = 50  # a batch adds a file or a few to each day that it meets
    every_files: Annotated[int, Field(ge=1)] = 100  # or as soon as so many were added; a quarter at rest
    file_mb: Megabytes = 64  # what small files are put together to
    keep_hours: Annotated[float, Field(ge=1)] = 1.0  # older snapshots go; a query may still read younger ones
    keep_snapshots: Annotated[int, Field(ge=100)] = 100  # but the last ones stay: they name their batches


class State(_Section):
    """What each player has now."""

    store: StoreName = "redis"
    cycle_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0  # between two looks at what has landed


class Settings(BaseSettings):
    """Everything that can be set, frozen."""

    model_config = SettingsConfigDict(
        env_prefix="PIPECTL_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    stack: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")] = "default"
    home: Path = platformdirs.user_state_path("pipectl")
    cache: Path = platformdirs.user_cache_path("pipectl")
    catalog: Path | None = None  # None: events.toml in this folder, else the demo game's
    runtime: Literal["auto", "local", "docker"] = "auto"  # the stack's own; of a new one, Docker if at hand
    start_timeout_seconds: Annotated[float, Field(gt=0)] = 120.0
    ports: Ports = Ports()
    kafka: Kafka = Kafka()
    hdfs: Hdfs = Hdfs()
    presto: Presto = Presto()
    redis: Redis = Redis()
    cassandra: Cassandra = Cassandra()
    collector: Collector = Collector()
    stream: Stream = Stream()
    upkeep: Upkeep = Upkeep()
    state: State = State()

    @property
    def catalog_file(self) -> Path:
        """The catalog in force: the one set, else `events.toml` in this folder, else the demo game's."""
        if self.catalog:
            return self.catalog
        here = Path("events.toml")
        return here if here.is_file() else bundled("events.toml")

    @property
    def stack_folder(self) -> Path:
        """The folder that holds everything of this stack."""
        return self.home.expanduser().absolute() / self.stack


@dataclass(frozen=True, kw_only=True)
class ResolvedSettings:
    """The settings, and for each dotted key that is not a default, where it came from."""

    settings: Settings
    origins: Mapping[str, str]

    def rows(self) -> Iterator[tuple[str, Any, str]]:
        """Yield (dotted key, value, origin) of every setting, for `config show`."""
        for key, value in _leaves(self.settings.model_dump(mode="json")):
            yield key, value, self.origins.get(key, "default")


def load_settings(*, file: Path | None = None, flags: Mapping[str, Any] | None = None) -> ResolvedSettings:
    """Resolve all layers; raises UsageFault that names the wrong key, its origin and the nearest one."""
    merged: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, layer in _layers(file, flags or {}):
        _check_keys(layer, origin)
        _merge(merged, layer)
        origins |= dict.fromkeys((key for key, _ in _leaves(layer)), origin)
    try:
        return ResolvedSettings(settings=Settings.model_validate(merged), origins=origins)
    except ValidationError as error:
        raise _as_usage_fault(error, origins) from None


def _layers(file: Path | None, flags: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    path = file or Path(SETTINGS_FILE)
    if file or path.is_file():
        yield str(path), _read_toml(path)
    yield "environment", _read_environment()
    yield "flag", _nested(flags)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UsageFault(f"There is no settings file {path}.", do_next="Run: pipectl init") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageFault(
            f"The settings file {path} cannot be read.",
            evidence=str(error),
            do_next=f"Repair {path}, then run: pipectl config show",
        ) from error


def _read_environment() -> dict[str, Any]:
    try:
        return EnvSettingsSource(Settings)()
    except SettingsError as error:
        raise UsageFault(
            "The environment holds a setting that cannot be read.",
            evidence=f"{error}: {error.__cause__}",
            do_next="Name one setting, as in PIPECTL_PORTS__KAFKA=19092, then run: pipectl config show",
        ) from error


def _nested(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Turn {"stream.trigger_seconds": 2} into nested sections; None means that the flag was not given."""
    nested: dict[str, Any] = {}
    for dotted, value in flags.items():
        if value is None:
            continue
        *sections, key = dotted.split(".")
        target = nested
        for section in sections:
            target = target.setdefault(section, {})
        target[key] = value
    return nested


def _merge(target: dict[str, Any], layer: Mapping[str, Any]) -> None:
    for key, value in layer.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = dict(value) if isinstance(value, dict) else value


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _check_keys(layer: Mapping[str, Any], origin: str) -> None:
    known = [key for key, _ in _leaves(Settings.model_construct().model_dump())]
    sections = {key.split(".")[0] for key in known if "." in key}
    for key, _ in _leaves(layer):
        if key in known or key in sections:  # a section given as a plain value is pydantic's to refuse
            continue
        nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        hint = f"Did you mean `{nearest[0]}`?" if nearest else "See: pipectl config show"
        raise UsageFault(f"There is no setting `{key}` ({origin}).", do_next=hint)


def _as_usage_fault(error: ValidationError, origins: Mapping[str, str]) -> UsageFault:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    origin = next((where for known, where in origins.items() if _overlap(key, known)), "settings")
    return UsageFault(
        f"The setting `{key}` is wrong ({origin}).",
        evidence=f"{first['msg']}; got {first['input']!r}",
        do_next="Correct it, then run: pipectl config show",
    )


def _overlap(key: str, other: str) -> bool:
    """Tell whether two dotted keys are the same or one lies within the other."""
    return f"{key}.".startswith(f"{other}.") or f"{other}.".startswith(f"{key}.")
