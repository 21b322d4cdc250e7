"""Reads TOML files and `--set` pairs into a Config, and says clearly what is wrong with them."""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from entity_extract.config.jars import Coordinates, packages, spark_that_runs
from entity_extract.config.secrets import masked
from entity_extract.config.sections import Config
from entity_extract.errors import UserError, meant

_JAR_PACKAGES = "spark.jars.packages"


class ConfigError(UserError):
    """The configuration cannot be used; the message names the key, its source and what is wrong."""


def load_config(conf_files: Iterable[Path | str] = (), assignments: Iterable[str] = ()) -> Config:
    """The packaged domain, then each file, then each `section.key=value`; later ones win. A bare
    name of which there is no file is that of the package's own, see `shipped`.

    Raises ConfigError for an unreadable file, an unknown key, or a value of the wrong type.
    """
    tree: dict[str, Any] = tomllib.loads(
        files("entity_extract.config").joinpath("domain.toml").read_text("utf-8")
    )
    sources: dict[tuple[str, ...], str] = {}
    for path in conf_files:
        _merge(tree, _read(Path(path)), source=str(path), sources=sources)
    for assignment in assignments:
        _merge(tree, _parse(assignment), source=f"--set {masked(assignment)}", sources=sources)
    try:
        config = Config.model_validate(tree)
        _ = config.domain  # cross-checks entities against units now, not on an executor
    except ValidationError as err:
        raise ConfigError("\n".join(_explain(err, sources))) from None
    for name in config.catalog.entities:
        if name not in config.entities:
            source = sources[("catalog", "entities")]
            raise ConfigError(
                f"{source}: catalog.entities: no entity {name!r}{meant(name, config.entities)}"
            )
    return config.model_copy(update={"spark": _with_jars(config.spark, config.jars)})


def shipped(name: Path | str) -> Traversable | None:
    """The package's own conf file of that name, without a folder; None where it has none."""
    path = Path(name)
    found = files("entity_extract").joinpath("conf", path.name)
    bare = path.name == str(path) and path.suffix == ".toml"
    return found if bare and found.is_file() else None


def _with_jars(spark: Mapping[str, str], jars: Mapping[str, Coordinates]) -> dict[str, str]:
    """[spark] with the coordinates of [jars] in spark.jars.packages, one list from all conf files.

    Spark's own key would be replaced by each file that has it.
    """
    try:
        named = [spark.get(_JAR_PACKAGES, ""), *packages(jars, spark_that_runs())]
    except ValueError as err:
        raise ConfigError(str(err)) from None
    joined = ",".join(dict.fromkeys(filter(None, named)))
    return {**spark, _JAR_PACKAGES: joined} if joined else dict(spark)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(_found(path).read_text("utf-8"))
    except OSError as err:
        raise ConfigError(f"{path}: cannot be read: {err.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise ConfigError(f"{path}: not valid TOML: {err}") from None


def _found(path: Path) -> Traversable:
    """The file, or the package's own where there is none."""
    return path if path.exists() else shipped(path) or path


def _parse(assignment: str) -> dict[str, Any]:
    """`fetch.threads=8` -> {"fetch": {"threads": 8}}; a value that is no TOML is taken as text."""
    key, equals, text = assignment.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise ConfigError(f"--set {assignment}: expected section.key=value")
    if parts[0] == "spark":  # Spark's own keys hold dots: spark.executor.memory is one key
        return {"spark": {key.strip(): text}}
    try:
        value: Any = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    for part in reversed(parts):
        value = {part: value}
    return dict(value)


def _merge(
    into: dict[str, Any],
    new: Mapping[str, Any],
    *,
    source: str,
    sources: dict[tuple[str, ...], str],
    path: tuple[str, ...] = (),
) -> None:
    for key, value in new.items():
        here = (*path, key)
        sources[here] = source
        if isinstance(value, Mapping):
            if not isinstance(into.get(key), dict):
                into[key] = {}
            _merge(into[key], value, source=source, sources=sources, path=here)
        else:
            into[key] = value


def _explain(err: ValidationError, sources: Mapping[tuple[str, ...], str]) -> list[str]:
    lines = []
    for problem in err.errors():
        location = tuple(str(part) for part in problem["loc"])
        source = next(
            (sources[location[:n]] for n in range(len(location), 0, -1) if location[:n] in sources),
            "configuration",
        )
        message = problem["msg"]
        if problem["type"] == "extra_forbidden":
            message = f"unknown key{meant(location[-1], _known_keys(location[:-1]))}"
        lines.append(f"{source}: {'.'.join(location) or 'entities'}: {message}")
    return lines


def _known_keys(section: tuple[str, ...]) -> list[str]:
    model: type[BaseModel] = Config
    for part in section:
        field = model.model_fields.get(part)
        annotation = field.annotation if field else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
