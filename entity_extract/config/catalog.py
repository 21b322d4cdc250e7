"""The section [catalog]: how a catalog is written, and what its columns are called."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from entity_extract.config.section import Section, distinct


def _known_encoding(name: str) -> str:
    if name != "auto":
        try:
            "".encode(name)  # codecs.lookup also finds what turns bytes into bytes
        except LookupError as err:
            raise ValueError(str(err)) from None
    return name


ColumnName = Annotated[str, Field(min_length=1)]


class CatalogColumns(Section):
    """What a catalog calls our columns. One that is left out has our own name, where it is there
    at all, and no other of ours is called so."""

    image_link: ColumnName | None = None
    group_id: ColumnName | None = None
    entity_name: ColumnName | None = None
    entity_value: ColumnName | None = None
    index: ColumnName | None = None

    @model_validator(mode="after")
    def _each_has_its_own(self) -> "CatalogColumns":
        low = [name.lower() for name in self.named.values()]  # as Spark looks at names
        for own, name in self.named.items():
            if low.count(name.lower()) > 1:
                raise ValueError(f"{own} and another one are both called {name!r}")
        return self

    @property
    def named(self) -> dict[str, str]:
        """Ours -> the catalog's name, of those that the configuration names."""
        return {own: name for own, name in self if name is not None}

    @property
    def ours(self) -> dict[str, str]:
        """The catalog's name -> ours, whether or not it has such a column."""
        named = {name: own for own, name in self.named.items()}
        return named | {own: own for own, name in self if name is None and own not in named}

    def name_of(self, own: str) -> str | None:
        """What the catalog would call one of ours; None where it has none, since another of ours
        is called so."""
        return next((name for name, ours in self.ours.items() if ours == own), None)


class CatalogConfig(Section):
    format: Literal["auto", "csv", "parquet", "json", "delta", "pictures"] = "auto"
    encoding: Annotated[str, AfterValidator(_known_encoding)] = "auto"
    delimiter: Annotated[str, Field(pattern=r'^(auto|[^"\\\r\n\x00])$')] = "auto"
    escape: Literal["auto", "quote", "backslash"] = "auto"
    text_column: str = "text"
    columns: CatalogColumns = CatalogColumns()
    entities: Annotated[tuple[str, ...], AfterValidator(distinct)] = Field(
        default=(), examples=[("item_weight", "width")]
    )
    key: tuple[str, ...] = Field(default=(), examples=[("sku",)])
    keep: tuple[str, ...] | None = Field(default=None, examples=[("sku", "price")])
    complete: bool = False
    corrections: str | None = None

    @field_validator("key")
    @classmethod
    def _no_label(cls, names: tuple[str, ...], told: ValidationInfo) -> tuple[str, ...]:
        columns: CatalogColumns = told.data.get("columns", CatalogColumns())
        if (label := columns.name_of("entity_value")) in names:
            raise ValueError(f"{label} is a label: a row is the same with it and without")
        return names

    @property
    def questions_per_row(self) -> int:
        """How many rows come out for one of the catalog's: one for each of `entities`."""
        return max(1, len(self.entities))

    @property
    def of_labels(self) -> "CatalogConfig":
        """For a catalog of labels alone, whose rows are none of the lake's."""
        columns = self.columns.model_copy(update={"index": None})
        return self.model_copy(
            update={"key": (), "keep": None, "corrections": None, "columns": columns}
        )
