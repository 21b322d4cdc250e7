"""The rows that were lost, as CSV: to be sorted and looked up where the page shows a few."""

import csv
import io
import json

import pandas as pd

from entity_extract.config import Domain
from entity_extract.evaluation.outcomes import WON, candidate_lists, outcomes_of_rows, texts
from entity_extract.schema import ENTITY_NAME, ENTITY_VALUE, IMAGE_LINK

ROW_ID = "row_id"  # the catalog's index, else its key, else what the lake calls the row
_BEFORE = (ROW_ID, IMAGE_LINK, ENTITY_NAME, ENTITY_VALUE, "prediction", "runner_up")
ERROR_COLUMNS = (*_BEFORE, "confidence", "outcome", "status", "reason", "candidates")


def errors_of(rows: pd.DataFrame, domain: Domain, tolerance: float) -> pd.DataFrame:
    """ERROR_COLUMNS of those of `rows` (as for `score`) that are neither right nor rightly silent,
    in their order, all text; candidates are a JSON list. None without a label in `rows`."""
    evaluated = outcomes_of_rows(rows, domain, tolerance)
    lost = evaluated[~evaluated["outcome"].isin(WON) & bool(evaluated["labelled"].any())]
    at = rows.iloc[lost["row"].to_numpy(int)]
    table = {name: texts(at, name) for name in ERROR_COLUMNS}
    table["outcome"] = [str(outcome) for outcome in lost["outcome"]]
    table["candidates"] = [json.dumps(found, ensure_ascii=False) for found in candidate_lists(at)]
    return pd.DataFrame(table, columns=list(ERROR_COLUMNS))


def errors_csv(errors: pd.DataFrame) -> str:
    """With a header; cells as they are, of whatever letters."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(errors.columns)
    writer.writerows(errors.itertuples(index=False))
    return out.getvalue()
