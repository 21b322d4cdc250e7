"""What second looks at pictures (see [reread]) were worth."""

from typing import Any

import pandas as pd

from entity_extract.config import Domain
from entity_extract.evaluation.outcomes import outcomes_of_rows
from entity_extract.quantities.scoring import f1


def second_looks(rows: pd.DataFrame, domain: Domain, tolerance: float) -> dict[str, Any]:
    """Of scored rows with a boolean `reread` whose answer rests on one: rows, answered, right; and
    the F1 of all rows had those stayed without an answer. `tolerance` as in outcomes_of_rows."""
    evaluated = outcomes_of_rows(rows, domain, tolerance)
    again = rows["reread"].to_numpy(bool)[evaluated["row"].to_numpy(int)]
    answered, right, labelled = (
        evaluated[name].to_numpy(bool) for name in ("answered", "right", "labelled")
    )
    gained, lost = again & right, again & answered & ~right
    tp, fp = int((right & ~again).sum()), int((answered & ~right & ~again).sum())
    fn = int((labelled & (~answered | again)).sum())
    return {
        "rows": int(again.sum()),
        "answered": int((gained | lost).sum()),
        "right": int(gained.sum()),
        "f1_without": float(f1(tp, fp, fn)),
    }
