"""`make audit` fails on what is vulnerable, and never calls clean what nobody has looked at."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
CLEAN = {"name": "urllib3", "version": "2.7.0", "vulns": []}
SKIPPED = {"name": "urllib3", "skip_reason": "Dependency not found on PyPI: urllib3 (2.7.0)"}
BROKEN = {
    "name": "pillow",
    "version": "9.0.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["13.0.0"]}],
}


def audit(folder: Path, *, probe: Any, pins: Any, said: str = "") -> tuple[int, str]:
    """Exit status and words where pip-audit answers so, first to the probe, then to the pins."""
    program = folder / "pip-audit"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        f"answer = {json.dumps(pins)!r} if {str(folder)!r} in ' '.join(sys.argv[1:]) "
        f"else {json.dumps(probe)!r}\n"
        f"sys.stderr.write({said!r})\n"
        "print(answer if answer != 'null' else '')\n"
        "sys.exit('PYSEC' in answer or answer == 'null')\n"
    )
    program.chmod(0o755)
    (folder / "pins.txt").write_text("urllib3==2.7.0\n")
    command = [
        sys.executable,
        str(ROOT / "deploy/audit.py"),
        str(program),
        str(folder / "pins.txt"),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr


def told(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(packages), "fixes": []}


def test_what_is_clean_passes(tmp_path: Path) -> None:
    status, said = audit(tmp_path, probe=told(CLEAN), pins=told(CLEAN, CLEAN))
    assert (status, said) == (0, "2 packages, 0 known vulnerabilities\n")


def test_what_is_vulnerable_fails_and_is_named(tmp_path: Path) -> None:
    status, said = audit(tmp_path, probe=told(CLEAN), pins=told(CLEAN, BROKEN, SKIPPED))
    assert status == 1
    assert "pillow 9.0.0: PYSEC-1, fixed in 13.0.0\nnot audited: Dependency not found" in said


@pytest.mark.parametrize("reason", ["a mirror without advisories", "no way out"])
def test_where_nothing_can_be_known_it_is_said(tmp_path: Path, reason: str) -> None:
    mirror = reason.startswith("a mirror")
    status, said = audit(
        tmp_path,
        probe=told(SKIPPED) if mirror else None,
        pins=told(BROKEN),
        said="" if mirror else "ERROR: Could not connect to PyPI's vulnerability feed",
    )
    assert status == 0
    assert said.startswith("NOT AUDITED: the advisories cannot be had here (")


def test_an_audit_that_fails_otherwise_fails(tmp_path: Path) -> None:
    status, said = audit(tmp_path, probe=None, pins=None, said="ERROR: no such option")
    assert (status, said.strip()) == (1, "ERROR: no such option")
