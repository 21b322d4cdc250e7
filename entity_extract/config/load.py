"""Reads TOML files and `--set` pairs into a Config, and says clearly what is wrong with them."""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from entity_extract.config.assignments import assigned
from entity_extract.config.complaints import SET, complaints
from entity_extract.config.entity_names import known
from entity_extract.config.jars import Coordinates, packages, spark_that_runs
from entity_extract.config.secrets import masked
from entity_extract.config.section import distinct
from entity_extract.config.sections import Config
from entity_extract.errors import UserError

_JAR_PACKAGES = "spark.jars.packages"
_NAME_ENTITIES = (
    ("catalog", "entities"),
    ("quality", "min_answered_of"),
    ("review", "precision_of"),
)


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
        source = f"{SET}{masked(assignment)}"
        try:
            new = assigned(assignment)
        except ValueError as err:
            raise ConfigError(f"{source}: {err}") from None
        _merge(tree, new, source=source, sources=sources)
    try:
        config = Config.model_validate(tree)
        _ = config.domain  # cross-checks entities against units now, not on an executor
    except ValidationError as err:
        raise ConfigError("\n".join(complaints(err, sources))) from None
    settled: dict[str, Any] = {"spark": _with_jars(config.spark, config.jars)}
    for section, key in _NAME_ENTITIES:
        try:
            settled[section] = _with_known_entities(config, section, key)
        except ValueError as err:
            raise ConfigError(f"{sources[section, key]}: {section}.{key}: {err}") from None
    return config.model_copy(update=settled)


def shipped(name: Path | str) -> Traversable | None:
    """The package's own conf file of that name, without a folder; None where it has none."""
    path = Path(name)
    found = files("entity_extract").joinpath("conf", path.name)
    bare = path.name == str(path) and path.suffix == ".toml"
    return found if bare and found.is_file() else None


def _with_known_entities(config: Config, section: str, key: str) -> BaseModel:
    """The section, with the names of its `key` in the domain's letters. Raises ValueError where one
    is no entity, or stands there twice."""
    held: BaseModel = getattr(config, section)
    given: tuple[str, ...] | dict[str, float] = getattr(held, key)
    names = distinct(tuple(known(given, config.entities)))
    if isinstance(given, dict):
        return held.model_copy(update={key: dict(zip(names, given.values(), strict=True))})
    return held.model_copy(update={key: names})


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
