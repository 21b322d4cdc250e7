"""How a job ends, as its scheduler sees it: exit status, and what stands on stderr."""

import signal
import subprocess
import sys
import time

import pytest

# What a subcommand is run by.
JOB = """
import sys, time
from entity_extract.commands.running import run_job
from entity_extract.errors import Busy, UserError

def work() -> None:
    {body}

run_job(work)
"""


def started(body: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", JOB.format(body=body)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("pass", 0, ""),
        ("raise UserError('no such file')", 2, "error: no such file\n"),
        ("raise Busy('another run writes')", 75, "error: another run writes\n"),
    ],
)
def test_the_exit_status_says_what_a_scheduler_should_do(body: str, status: int, said: str) -> None:
    job = started(body)
    _, err = job.communicate(timeout=60)
    assert (job.returncode, err) == (status, said)


def test_a_bug_keeps_its_traceback_and_ends_with_1() -> None:
    job = started("raise ZeroDivisionError")
    _, err = job.communicate(timeout=60)
    assert job.returncode == 1
    assert err.startswith("Traceback")


def test_that_py4j_tries_again_is_no_news() -> None:
    told = """
    import logging
    for where in ("/python/py4j/clientserver.py", "/entity_extract/ours.py"):
        told = logging.LogRecord("root", logging.INFO, where, 1, "told by %s", (where,), None)
        logging.getLogger().handle(told)"""
    _, err = started(told.lstrip()).communicate(timeout=60)
    assert "entity_extract" in err
    assert "py4j" not in err


def at_work(cleaning_s: float) -> subprocess.Popen[str]:
    """A job that has begun, and takes so long to clean up when it is told to stop."""
    job = started(f"""try: print("begun", flush=True); time.sleep(60)
    finally: time.sleep({cleaning_s}); print("cleaned", flush=True)""")
    assert job.stdout is not None
    assert job.stdout.readline() == "begun\n"
    return job


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_job_told_to_stop_cleans_up_undisturbed_and_says_by_what(number: signal.Signals) -> None:
    job = at_work(cleaning_s=0.3)
    for _ in range(3):  # as where a whole process group is signalled, and members tell each other
        job.send_signal(number)
        time.sleep(0.05)
    out, err = job.communicate(timeout=60)
    assert job.returncode == 128 + number
    assert out == "cleaned\n"
    assert err == f"stopped by {number.name}\n"


def test_a_job_that_does_not_end_is_ended_by_a_second_signal_after_some_seconds() -> None:
    job = at_work(cleaning_s=60)
    job.send_signal(signal.SIGTERM)
    time.sleep(5.2)
    job.send_signal(signal.SIGTERM)
    out, _ = job.communicate(timeout=20)
    assert job.returncode == -signal.SIGTERM
    assert out == ""
