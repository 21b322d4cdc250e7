"""The answer file: the challenge's (`index,prediction`), with the rules of its public checker, or
one of more columns, CSV or Parquet."""

import csv
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from entity_extract.config import Domain
from entity_extract.quantities.amounts import parse_amount

HEADER = ["index", "prediction"]
SHOWN = 5  # of the ids with the same problem; a wrong file has the same problem 100,000 times


_ROW_GROUP = 10_000  # rows of Parquet that are held at a time
_PARQUET = (".parquet", ".pq")
ENDINGS = (".csv", *_PARQUET)  # of files that are written


def is_parquet(path: Path) -> bool:
    """Whether an answer file of that name is Parquet; else it is CSV."""
    return path.suffix.lower() in _PARQUET


def write_answers(
    rows: Iterable[Sequence[object]], path: Path, header: Sequence[str] = HEADER
) -> None:
    """Writes CSV: a row of cells each, None as an empty one; the file appears whole or not at
    all."""
    with _whole(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_answers_parquet(rows: Iterable[Sequence[object]], path: Path, columns: pa.Schema) -> None:
    """Writes rows of cells with these columns as Parquet; the file appears whole or not at all."""
    remaining = iter(rows)
    with _whole(path) as partial, pq.ParquetWriter(partial, columns) as writer:
        while group := list(islice(remaining, _ROW_GROUP)):
            cells = zip(*group, strict=True)
            arrays = [pa.array(c, f.type) for c, f in zip(cells, columns, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=columns))


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """Where to write what `path` is once the block has ended well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    yield partial
    os.replace(partial, path)


def check_answers(
    path: Path, sample_ids: Sequence[object], entity_names: Sequence[str], domain: Domain
) -> list[str]:
    """What is wrong with the file, as sentences; an empty list means that it passes.

    `sample_ids` and `entity_names` are the catalog's, side by side. The rules: a .csv with just the
    columns index and prediction, each index of the catalog once and no other, each prediction empty
    or "<number> <unit>" with a unit that its entity allows.
    """
    if path.suffix.lower() != ".csv":
        return [f"{path.name}: not a .csv file"]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *lines = list(csv.reader(file, strict=True)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        return [f"{path.name}: cannot be read: {err}"]
    if header != HEADER:
        return [f"the columns are {','.join(header) or 'missing'}, not {','.join(HEADER)}"]
    if short := [number for number, line in enumerate(lines, start=2) if len(line) != len(HEADER)]:
        return [_listing("lines without exactly two fields", short)]
    entities = dict(zip(map(str, sample_ids), entity_names, strict=True))
    return [*_index_problems(lines, entities), *_prediction_problems(lines, entities, domain)]


def _index_problems(lines: list[list[str]], entities: Mapping[str, str]) -> list[str]:
    seen = Counter(sample_id for sample_id, _ in lines)
    groups = {
        "missing index": [sample_id for sample_id in entities if sample_id not in seen],
        "index not in the catalog": [sample_id for sample_id in seen if sample_id not in entities],
        "index more than once": [sample_id for sample_id, times in seen.items() if times > 1],
    }
    return [_listing(problem, ids) for problem, ids in groups.items() if ids]


def _prediction_problems(
    lines: list[list[str]], entities: Mapping[str, str], domain: Domain
) -> list[str]:
    problems = []
    for sample_id, prediction in lines:
        entity = entities.get(sample_id)
        if not prediction.strip() or entity is None:
            continue
        units = domain.entities[entity].units if entity in domain.entities else ()
        if parse_amount(prediction, units) is None:
            known = parse_amount(prediction, domain.unit_names) is not None
            reason = f"unit not allowed for {entity}" if known else 'not "<number> <unit>"'
            problems.append(f"index {sample_id}: {prediction!r}: {reason}")
    return problems


def _listing(problem: str, values: Sequence[object]) -> str:
    shown = ", ".join(map(str, values[:SHOWN]))
    return f"{problem} ({len(values)}): {shown}" + (", …" if len(values) > SHOWN else "")
