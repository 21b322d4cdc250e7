"""What a run leaves of its configuration."""

import json
from pathlib import Path

import pytest

from entity_extract.config import Config
from entity_extract.runs.run import Run
from entity_extract.spark.tables.lake import Lake

KEY = "spark.hadoop.fs.s3a.secret.key"


def test_a_manifest_holds_no_secret_of_the_configuration(
    lake: Lake, root: Path, config: Config
) -> None:
    options = "-Djavax.net.ssl.trustStorePassword=hunter33 -Xss4m"
    spark = {KEY: "hunter22", "spark.driver.extraJavaOptions": options}
    run = Run("tests", config.model_copy(update={"spark": spark}))
    run.versions["catalog"] = "s3a://AKIA:hunter44@shop/catalog.parquet"
    with pytest.raises(ZeroDivisionError), run.recorded(lake):
        raise ZeroDivisionError("no bucket for hunter22")
    text = (root / "runs" / f"{run.id}.json").read_text()
    assert "hunter" not in text
    manifest = json.loads(text)
    assert manifest["config"]["spark"][KEY] == "***"
    assert manifest["config"]["spark"]["spark.driver.extraJavaOptions"].endswith("*** -Xss4m")
    assert manifest["config"]["ocr"] == config.ocr.model_dump(mode="json")
    assert manifest["error"].endswith("no bucket for ***")
