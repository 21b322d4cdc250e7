"""The one line that says what went wrong, out of what Spark raises."""

import re

import pandas as pd
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import SparkSession

from entity_extract.errors import UserError
from entity_extract.spark.distributed.attempts import Attempts, FitFailed, first_failure
from entity_extract.spark.session.failures import cause_in, error_class, root_cause

LOST = (
    "Job aborted due to stage failure: Could not recover from a failed barrier ResultStage. Most "
    "recent failure reason: Stage failed because barrier task ResultTask(7, 1) finished "
    "unsuccessfully.\njava.net.ConnectException: Connection refused (Connection refused)\n"
    "\tat java.base/sun.nio.ch.Net.pollConnect(Native Method)\n"
)
KILLED = (
    "org.apache.spark.SparkException: Python worker exited unexpectedly (crashed)\n"
    "\tat org.apache.spark.api.python.BasePythonRunner.read(PythonRunner.scala:592)\n"
    "Caused by: java.io.EOFException\n\tat java.base/java.io.DataInputStream.readInt\n"
)
FULL = (
    "Job aborted due to stage failure: Task 0 in stage 2.0 failed 4 times, most recent failure: "
    "Lost task 0.3 in stage 2.0 (TID 7) (10.0.0.3 executor 1): org.apache.spark.SparkException: "
    "Task failed while writing rows.\n\tat org.apache.spark.Something.run(Something.scala:1)\n"
    "Caused by: java.io.IOException: No space left on device\n\tat java.io.FileOutputStream\n"
    "\t... 12 more\n\nDriver stacktrace:\n\tat org.apache.spark.Caused by: not this"
)


def raised_by(spark: SparkSession, what: str) -> BaseException:
    """What Spark raises when the function of a mapInPandas raises ValueError(what)."""

    def fail(batches: object) -> object:
        raise ValueError(what)

    with pytest.raises((Py4JJavaError, PySparkException)) as caught:
        spark.range(2).mapInPandas(fail, "id long").count()
    return caught.value


def test_the_cause_of_a_lost_task_is_its_own_last_cause() -> None:
    assert cause_in(FULL) == "java.io.IOException: No space left on device"
    assert cause_in(LOST) == "java.net.ConnectException: Connection refused (Connection refused)"
    assert cause_in(KILLED).endswith("SparkException: Python worker exited unexpectedly (crashed)")
    reset = KILLED.replace("java.io.EOFException", "java.net.SocketException: Connection reset")
    assert cause_in(reset) == cause_in(KILLED)
    assert cause_in("") == "no reason given"


def test_the_class_of_an_error_is_told_by_its_text_where_a_server_gives_no_more() -> None:
    gone = "[PATH_NOT_FOUND] Path does not exist: file:/no/such."
    assert error_class(AnalysisException(gone)) == "PATH_NOT_FOUND"
    assert error_class(AnalysisException("it is [NOT] one")) is None


def test_a_python_worker_that_was_killed_is_told_as_such(spark: SparkSession) -> None:
    def end(batches: object) -> object:
        import os
        import signal

        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises((Py4JJavaError, PySparkException)) as caught:
        spark.range(1).mapInPandas(end, "id long").count()
    assert "Python worker exited unexpectedly" in root_cause(caught.value)


def test_an_exception_of_a_python_worker_is_told_without_its_traceback(
    spark: SparkSession,
) -> None:
    assert root_cause(raised_by(spark, "unreadable row 17")) == "ValueError: unreadable row 17"


def test_an_exception_of_the_jvm_is_told_by_its_innermost_cause(spark: SparkSession) -> None:
    with pytest.raises((Py4JJavaError, PySparkException)) as caught:
        spark.sql("select raise_error('no such unit')").collect()
    said = root_cause(caught.value)
    assert re.fullmatch(r"\S+RuntimeException: (\[\S+\] )?no such unit( SQLSTATE: \w+)?", said)


def test_python_causes_are_followed_first(spark: SparkSession) -> None:
    outer = UserError("training failed")
    outer.__cause__ = raised_by(spark, "deep")
    assert root_cause(outer) == "ValueError: deep"
    assert root_cause(UserError("nothing below")) == "UserError: nothing below"


def test_a_failed_fit_is_tried_again_and_its_first_failure_told(spark: SparkSession) -> None:
    tried = []

    def fit() -> int:
        tried.append(len(tried))
        if len(tried) == 2:
            return spark.range(3).count()
        raise raised_by(spark, "first")

    assert Attempts(spark.sparkContext, 2, 60.0).run("model", fit) == 3
    tried.clear()
    with pytest.raises(FitFailed, match=r"fitting the model failed: ValueError: first$"):
        Attempts(spark.sparkContext, 1, 60.0).run("model", fit)


def test_a_fit_without_end_is_ended_in_its_time(spark: SparkSession) -> None:
    def sleep(batches: object) -> object:
        import time

        time.sleep(20)
        return iter([pd.DataFrame({"id": [1]})])

    def fit() -> int:
        return spark.range(2).mapInPandas(sleep, "id long").count()

    with pytest.raises(FitFailed, match=r"not done in 2 s \(learning.fit_timeout_s\)"):
        Attempts(spark.sparkContext, 1, 2.0).run("model", fit)
    assert spark.sparkContext.getLocalProperty("spark.jobGroup.id") is None


def test_jobs_that_did_not_fail_have_no_first_failure(spark: SparkSession) -> None:
    spark.sparkContext.setJobGroup("fine", "fine")
    spark.range(3).count()
    assert first_failure(spark.sparkContext, "fine") is None
