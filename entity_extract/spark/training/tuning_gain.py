"""What tuning is worth: one model as configured and one as tuned, scored alike."""

from entity_extract.config import Config, LearningConfig
from entity_extract.evaluation.split_metrics import held_out_metrics
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.model import fit_model
from entity_extract.learning.training.split_table import TrainingTable
from entity_extract.learning.tuning.conf_file import F1
from entity_extract.learning.tuning.search import Tuned


def f1_before_and_after(
    table: TrainingTable, tuned: Tuned, config: Config, background: Background
) -> F1:
    """Both are fitted on the training side; it is here alone that validation rows are looked at."""
    before = _f1(table, tuned.before, config, background)
    after = before
    if tuned.after != tuned.before:
        after = _f1(table, tuned.after, config, background)
    return {side: (before[side], after[side]) for side in before}


def _f1(
    table: TrainingTable, learning: LearningConfig, config: Config, background: Background
) -> dict[str, float]:
    rows = table.learn_from
    model = fit_model(
        table.examples.take(rows),
        table.clusters[rows],
        config=learning,
        background=background,
    )
    metrics = held_out_metrics(model, table, config)
    return {side: float(figures["f1"]) for side, figures in metrics.items()}
