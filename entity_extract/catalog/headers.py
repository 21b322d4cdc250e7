"""What the columns of a catalog must be, by the names that it calls them: see [catalog.columns]."""

import logging
from collections.abc import Collection, Mapping, Sequence
from shlex import quote

from entity_extract import schema
from entity_extract.catalog.picture_names import is_picture
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError, closest, meant

log = logging.getLogger(__name__)

_GROUP = "group"  # what many call it, with something behind
# What stands in the names that others give to columns of ours.
_WORDS = {
    schema.IMAGE_LINK: ("image", "img", "picture", "photo", "url", "link"),
    schema.ENTITY_NAME: ("entity", "attribute", "question"),
}


def with_folders(columns: Sequence[str], folders: Sequence[str]) -> list[str]:
    """The columns of a file in folders that name some: these stand for the file's own."""
    return [*(name for name in columns if name not in folders), *folders]


def check_headers(
    headers: Mapping[str, Sequence[str]], found: str, path: str, config: CatalogConfig
) -> None:
    """`headers` are the columns of each file that is not empty. Raises CatalogError."""
    if found == "json":  # a field that is null throughout one file is absent from it
        headers = {path: sorted({name for columns in headers.values() for name in columns})}
    for file, columns in (headers or {path: []}).items():
        require_columns(columns, file, config)
    if found == "csv":
        _require_equal(headers)


def require_columns(columns: Sequence[str], path: str, config: CatalogConfig) -> None:
    """Raises CatalogError unless a picture and a question are there, and all that is named."""
    if not columns:
        raise CatalogError(
            f"{path}: the catalog is empty: it has no columns; a header is needed even for 0 rows"
        )
    found = f"found: {', '.join(map(_shown, columns))}"
    for own, name in config.columns.named.items():
        if name not in columns:
            like = meant(name, columns) or ";"
            raise CatalogError(f"{path}: no column {name!r} of catalog.columns.{own}{like} {found}")
    _require_picture(columns, path, config, found)
    _require_question(columns, path, config, found)
    if missing := [name for name in config.key if name not in columns]:
        raise CatalogError(f"{path}: no column {', '.join(missing)} of catalog.key; {found}")
    if twice := [name for name in config.columns.ours if list(columns).count(name) > 1]:
        raise CatalogError(f"{path}: column {', '.join(twice)} stands there twice: rename one")


def _require_picture(
    columns: Collection[str], path: str, config: CatalogConfig, found: str
) -> None:
    if config.columns.name_of(schema.IMAGE_LINK) not in columns:
        raise CatalogError(
            f"{path}: column image_link is missing{_called(schema.IMAGE_LINK, columns)}; {found}"
        )


def _require_question(
    columns: Collection[str], path: str, config: CatalogConfig, found: str
) -> None:
    """A row asks one question, or catalog.entities asks them of all."""
    name, label = (config.columns.name_of(own) for own in (schema.ENTITY_NAME, schema.ENTITY_VALUE))
    if config.entities:
        if name in columns:
            raise CatalogError(
                f"{path}: column {name} says what each row asks, and catalog.entities asks of all "
                "rows: leave one of them out"
            )
        if label in columns and len(config.entities) > 1:
            raise CatalogError(
                f"{path}: of which of catalog.entities is {label} the label? Labelled rows name "
                "their entity, or catalog.entities is one alone"
            )
    elif name not in columns:
        raise CatalogError(
            f"{path}: column entity_name is missing{_called(schema.ENTITY_NAME, columns)}; or what "
            f"to ask of each picture says --set catalog.entities=item_weight,width; {found}"
        )


def _called(own: str, columns: Collection[str]) -> str:
    """How to say which of the columns it is, with the one that was probably meant."""
    if any(is_picture(name) or "://" in name for name in columns):
        return "; the first line is taken for the names of the columns: put a line of them above it"
    key, words = f"catalog.columns.{own}", _WORDS.get(own, ())
    holding = (name for name in columns if any(word in name.lower() for word in words))
    like = closest(own, columns) or next(holding, None)
    if like is None:
        return f"; what it is called here says --set {key}=NAME"
    return f"; did you mean {_shown(like)}? --set {quote(f'{key}={like}')}"


def say_where_no_group(
    columns: Collection[str], path: str, config: CatalogConfig, *, of_pictures: bool = False
) -> None:
    """In the log, where no row has a category: somebody may not have named its column."""
    if config.columns.name_of(schema.GROUP_ID) not in columns:
        like = closest(_GROUP, columns)
        log.info(
            "%s: no column group_id%s: answers do not go by the products' category; %s",
            path,
            "" if like is None else f" (is it {like}?)",
            "a folder named group_id=bags would say it of the pictures in it"
            if of_pictures
            else "what it is called here says catalog.columns.group_id",
        )


def _shown(name: str) -> str:
    """Quoted where blanks, marks without a width, or nothing would not be seen."""
    return name if name and name == name.strip() and name.isprintable() else repr(name)


def _require_equal(headers: Mapping[str, Sequence[str]]) -> None:
    """The columns of CSV files are read by place, with the names of the first file."""
    (first, expected), *others = headers.items()
    for file, columns in others:
        if list(columns) != list(expected):
            raise CatalogError(
                f"{file}: the columns are not those of {first}, in that order; "
                f"found: {', '.join(columns)}"
            )
