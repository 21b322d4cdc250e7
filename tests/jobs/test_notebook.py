"""The notebook runs from its first cell to its last, where Jupyter's nbclient is; `make setup` has
none."""

import json
import os
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "deploy/notebook/first-catalog.ipynb"


def test_the_notebook_answers_its_catalog_and_writes_the_review(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbclient = pytest.importorskip("nbclient", reason="the notebook wants: pip install nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel", reason="the notebook wants: pip install ipykernel")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(NOTEBOOK, 4)
    there = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=600, resources=there).execute()
    answers = pd.read_csv(tmp_path / "first-catalog/answers.csv", keep_default_na=False)
    assert len(answers) == 12
    assert (answers["prediction"] != "").sum() >= 6
    assert "<html" in (tmp_path / "first-catalog/review.html").read_text()


def test_the_notebook_is_kept_as_it_ran_and_names_no_machine() -> None:
    text = NOTEBOOK.read_text("utf-8")
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert not any(out["output_type"] == "error" for cell in cells for out in cell["outputs"])
    assert not any(home in text for home in ("/home/", "/root/", "/work/", "/tmp/"))
    assert len(text) < 250_000
