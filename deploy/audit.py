"""Known vulnerabilities of what deploy/constraints.txt pins, by pip-audit, in an environment of its
own: `make audit`.

Exit status 1 where there are any, and where the audit itself fails. Where PyPI's advisories cannot
be had, as behind a mirror that has none, it says so and ends with 0: nothing was audited.
"""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "deploy/constraints.txt"
PIP_AUDIT = "pip-audit==2.10.1"
# A mirror without advisories gives none for any package, which pip-audit takes for a clean one.
KNOWN = "urllib3==2.7.0"  # asked for first, and nobody else where that is not known
_OUT_OF_REACH = ("Could not connect", "ConnectionError", "ServiceError", "Max retries")


class Unreachable(Exception):
    """The advisories cannot be had."""


def installed(folder: Path) -> Path:
    """pip-audit in an environment in `folder`, made where it is not there yet."""
    program = folder / "bin/pip-audit"
    if not program.is_file():
        venv.create(folder, clear=True, with_pip=True)
        command = [str(folder / "bin/pip"), "install", "--quiet", PIP_AUDIT]
        subprocess.run(command, check=True)  # noqa: S603
    return program


def audited(program: Path, pins: Path) -> list[dict[str, Any]]:
    """What pip-audit says of each package. Raises Unreachable; SystemExit where it fails."""
    options = ["--requirement", str(pins), "--no-deps", "--disable-pip", "--format", "json"]
    run = subprocess.run(  # noqa: S603
        [str(program), *options, "--progress-spinner", "off"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        packages: list[dict[str, Any]] = json.loads(run.stdout)["dependencies"]
    except (ValueError, KeyError):
        if any(sign in run.stderr for sign in _OUT_OF_REACH):
            raise Unreachable(run.stderr.strip().splitlines()[-1]) from None
        sys.stderr.write(run.stderr)
        raise SystemExit(1) from None
    if packages and all("skip_reason" in package for package in packages):
        raise Unreachable(packages[0]["skip_reason"])
    return packages


def main(argv: Sequence[str]) -> int:
    """`argv`: the program and the pins, where they are not ours."""
    program = Path(argv[0]) if argv else installed(ROOT / "build/audit")
    pins = Path(argv[1]) if len(argv) > 1 else PINS
    try:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as one:
            one.write(KNOWN)
            one.flush()
            audited(program, Path(one.name))
        packages = audited(program, pins)
    except Unreachable as err:
        sys.stdout.write(f"NOT AUDITED: the advisories cannot be had here ({err})\n")
        return 0
    found = [(package, told) for package in packages for told in package.get("vulns", ())]
    for package, told in found:
        fixed = ", ".join(told.get("fix_versions", ())) or "no version"
        sys.stdout.write(
            f"{package['name']} {package['version']}: {told['id']}, fixed in {fixed}\n"
        )
    for package in packages:
        if "skip_reason" in package:
            sys.stdout.write(f"not audited: {package['skip_reason']}\n")
    sys.stdout.write(f"{len(packages)} packages, {len(found)} known vulnerabilities\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
