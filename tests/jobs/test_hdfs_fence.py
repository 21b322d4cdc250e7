"""Two writers and a reader of a lake on a real HDFS: what the protocol asks of a name node."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.test_hadoop import started_hadoop

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

# In a process of its own: Hadoop's settings are read when Java starts.
CODE = """
import json, sys
from entity_extract.config import LakeConfig
from entity_extract.errors import Busy
from entity_extract.lake.files import LakeFiles
from entity_extract.spark.session.session import spark_session
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.tables.hadoop_storage import HadoopStorage
from tests.spark.lake.test_lake import publish

hdfs, web = sys.argv[1:]
found = {}

class Sleeper(HadoopStorage):
    sleeps = True

    def create(self, path, text):
        if self.sleeps:
            self.sleeps = False
            self.remove("_lease/a.json")  # as another run does after lease_s of silence
            other = Lake(spark, hdfs, LakeConfig())
            with other.writing("b", "tests"):
                publish(other, "b-0", ("l", "b", False))
        return super().create(path, text)

def by_the_list():
    return LakeFiles(web).dataset("splits")

def rows(dataset):
    columns = dataset.to_table(["image_link", "split"]).to_pydict()
    return sorted(zip(*columns.values()))

with spark_session("tests", {"spark.master": "local[2]", "spark.ui.enabled": "false"}) as spark:
    lake = Lake(spark, hdfs, LakeConfig())
    with lake.writing("a", "tests"):
        publish(lake, "a-0", ("settled", "a", False), ("l", "a", True))
        begun = by_the_list()
        lake.splits.storage = lake.splits.log.files = Sleeper(spark, hdfs)
        try:
            publish(lake, "a-1", ("l", "a again", False))
        except Busy as err:
            found["said"] = str(err)
    found |= {"begun": rows(begun), "now": rows(by_the_list())}
    found["folder"] = lake.storage.names("splits")
    found["superseded"] = lake.storage.names("_superseded/splits")
print(json.dumps(found))
"""


def test_a_writer_that_sleeps_on_hdfs_comes_too_late_and_readers_read_on(tmp_path: Path) -> None:
    with started_hadoop(tmp_path / "hadoop", yarn=False) as cluster:
        roots = [f"{cluster.hdfs}/lake", f"{cluster.web.replace('http', 'webhdfs', 1)}/lake"]
        command = [sys.executable, "-c", CODE, *roots]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert "another run has written to it" in found["said"]
    assert found["begun"] == [["l", "a"], ["settled", "a"]]
    assert found["now"] == [["l", "b"], ["settled", "a"]]
    assert found["folder"] == ["_waves", "wave=a-0", "wave=b-0"]
    assert found["superseded"] == ["wave=a-0-open"]
