"""A run as judged: its figures, how they have moved, and whether the next runs are compared with
it. This is what its manifest holds under `quality`."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from entity_extract.config import QualityConfig
from entity_extract.errors import UserError
from entity_extract.quality.checks import Check, checks_of
from entity_extract.quality.drift import Drift, drift
from entity_extract.quality.figures import Figures

MANIFEST_KEY = "quality"
_MOVED = 3  # figures named that have moved most


class QualityBreached(UserError):
    """The run did all it should, and its answers are not what [quality] asks for."""

    exit_status = 4


class Reference(BaseModel, frozen=True):
    """The last run that was accepted."""

    run_id: str
    figures: Figures


class Quality(BaseModel, frozen=True):
    """`reference` is the run that it was compared with; None where none was accepted before.
    `drift` is of figures over at least `min_rows` rows. `accepted`: it is the next one's reference.
    """

    figures: Figures
    reference: str | None
    drift: tuple[Drift, ...]
    checks: tuple[Check, ...]
    accepted: bool

    @property
    def breached(self) -> list[Check]:
        return [check for check in self.checks if not check.passed]

    def lines(self) -> list[str]:
        """For the terminal."""
        whole = self.figures.whole
        told = [f"answered {_share(whole.answered, whole.rows)}"]
        told.append(f"links read {_share(self.figures.links_read, self.figures.links)}")
        if whole.mean_confidence is not None:
            told.append(f"mean confidence {whole.mean_confidence:.3f}")
        lines = [f"quality: {', '.join(told)}"]
        if self.reference is not None:
            most = sorted(self.drift, key=lambda one: -one.psi)[:_MOVED]
            moved = ", ".join(f"{one.figure} of {one.entity} {one.psi:.3f}" for one in most)
            moved = f"PSI {moved}" if moved else "too few rows to tell (quality.min_rows)"
            lines.append(f"  against {self.reference}: {moved}")
        lines += [f"  {check}" for check in self.breached]
        if self.breached and not self.accepted:
            lines.append("  not accepted: the next run is compared with the one before this")
        return lines

    def check(self, config: QualityConfig) -> None:
        """Raises QualityBreached where a check has not passed, nobody accepted that, and `level` is
        "error"."""
        if self.breached and not self.accepted and config.level == "error":
            found = "; ".join(map(str, self.breached))
            raise QualityBreached(f"all is published, and not accepted: {found}")


def judged(
    figures: Figures, reference: Reference | None, config: QualityConfig, *, trial: bool
) -> Quality:
    """A `trial`, over a part of the catalog, is nothing to compare the next run with."""
    moved: tuple[Drift, ...] = ()
    if reference is not None:
        found = drift(reference.figures, figures)
        moved = tuple(one for one in found if one.rows >= config.min_rows)
    checks = tuple(checks_of(figures, moved, config))
    passed = all(check.passed for check in checks)
    return Quality(
        figures=figures,
        reference=None if reference is None else reference.run_id,
        drift=moved,
        checks=checks,
        accepted=(passed or config.accept) and not trial,
    )


def quality_of(manifest: Mapping[str, Any]) -> Quality | None:
    """None of a run that gave no answers, or was judged by another version of this package."""
    try:
        return Quality.model_validate(manifest.get(MANIFEST_KEY))
    except ValidationError:
        return None


def last_accepted(manifests: Iterable[Mapping[str, Any]]) -> Reference | None:
    """`manifests` come newest first; no more of them are asked for than needed."""
    for manifest in manifests:
        found = quality_of(manifest)
        if found is not None and found.accepted:
            return Reference(run_id=str(manifest["run_id"]), figures=found.figures)
    return None


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}" + (f" ({part / whole:.1%})" if whole else "")
