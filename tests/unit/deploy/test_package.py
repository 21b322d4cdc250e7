"""What --py-files takes to a cluster."""

import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(
    not (ROOT / ".venv/bin/python").exists(), reason="deploy/package.sh runs what `make setup` made"
)


def test_the_zip_has_code_data_and_the_model_but_not_the_sample_shop() -> None:
    done = subprocess.run([ROOT / "deploy/package.sh"], capture_output=True, text=True, check=True)
    names = ZipFile(done.stdout.strip()).namelist()
    wanted = {
        "jobs/enrich.py",
        "entity_extract/spark/waves.py",
        "entity_extract/config/domain.toml",
        "entity_extract/models/default/bundle.json",
        "entity_extract/reading/text_lines/line_classifier.toml",
    }
    assert wanted <= {*names}
    assert not [name for name in names if "sample_shop/" in name or "__pycache__" in name]
