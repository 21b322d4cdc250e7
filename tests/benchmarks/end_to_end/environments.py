"""Peers' virtual environments, below the benchmark's folder.

Each holds the peer and what of its needs the project's own environment lacks or has in another
version; all else (torch, torchvision, pytesseract, Pillow, OpenCV: gigabytes) it sees through a
.pth file, behind its own packages. So every way runs the same builds of what does the work.
"""

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

PEERS = {"daft": "daft", "ray": "ray[data]"}
_TOLD = ("daft", "ray", "pyarrow", "pyspark", "torch", "torchvision", "pytesseract", "tesserocr")
_TOLD_TOO = ("pillow", "numpy", "pandas", "onnxruntime", "rapidocr", "openvino")
_ASK = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
found = {"python": sys.version.split()[0]}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""


class PeerMissing(Exception):
    """The peer cannot be installed on this machine."""


def python_of(peer: str | None, folder: Path) -> Path:
    """The interpreter that runs `peer`, its environment made at the first call; None: our own.

    Raises PeerMissing.
    """
    if peer is None:
        return Path(sys.executable)
    home = folder.resolve() / peer
    python = home / "bin" / "python"
    if not (home / "complete").exists():
        venv.create(home, clear=True)
        inside = sysconfig.get_path("purelib", vars={"base": str(home)})
        Path(inside, "project.pth").write_text(sysconfig.get_path("purelib") + "\n")
        command = [str(python), "-m", "pip", "install", "-q", PEERS[peer]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PeerMissing(f"pip install {PEERS[peer]}: {done.stderr.strip()[-500:]}")
        (home / "complete").touch()
    return python


def versions(python: Path) -> dict[str, str]:
    """Of what does the work, as that interpreter finds it."""
    command = [str(python), "-c", _ASK, *_TOLD, *_TOLD_TOO]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
