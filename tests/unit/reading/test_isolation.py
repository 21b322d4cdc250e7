"""A picture that crashes, hangs or bloats what reads it costs its own row and nothing else."""

import json
import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from entity_extract.config import FetchConfig, IsolationConfig, OcrConfig, load_config
from entity_extract.reading.batches import read_batches
from entity_extract.reading.engine import OcrUnavailable
from entity_extract.reading.isolation.memory import resident_mib
from entity_extract.reading.isolation.messages import (
    BadMessage,
    Frame,
    Settings,
    frame_of,
    incoming_replies,
    reply_of,
)
from entity_extract.reading.isolation.supervisor import CannotStart, Supervisor, supervisor_for
from entity_extract.reading.picture_row import PictureReader
from entity_extract.reading.reader_version import reader_version
from tests.poison import LONG, PROGRAM, card, kill, poisonous_path, readers, session_of, until
from tests.server import PLAIN_JPEG, encoded, shop_server

ROOT = Path(__file__).parents[3]
CONFIG = load_config([], ['ocr.skip=["second_look"]', *PROGRAM])
GOOD, OTHER, POISON = card("500 grams"), card("12 volt"), card(LONG)
Row = dict[str, object]


@pytest.fixture(autouse=True, scope="module")
def none_left_by_other_tests() -> None:
    """A process that reads is kept for the next task; here each test counts its own."""
    for pid in readers(os.getpid()):
        kill(pid)
        until(lambda pid=pid: pid not in readers(os.getpid()), "a process to end")


@contextmanager
def reading(
    *, limit_s: float = 60.0, ocr: OcrConfig = CONFIG.ocr, **isolation: object
) -> Iterator[Supervisor]:
    """A supervisor of this test's own, after which nothing may be left."""
    settings = Settings(image=CONFIG.image, ocr=ocr, domain=CONFIG.domain, limit_s=limit_s)
    supervisor = Supervisor(settings, IsolationConfig.model_validate(isolation))
    try:
        yield supervisor
    finally:
        sessions = readers(os.getpid())
        supervisor.close()
    assert [pid for leader in sessions for pid in session_of(leader)] == []


def timeless(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "ocr_ms"}


def alone(*contents: bytes) -> list[Row]:
    """The rows as they are read in this process, undisturbed."""
    reader = PictureReader(CONFIG.image, CONFIG.ocr, CONFIG.domain)
    return [timeless(reader.row(content)) for content in contents]


def the_reader() -> int:
    (pid,) = readers(os.getpid())
    return pid


@pytest.fixture
def poisoned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda kind: monkeypatch.setenv("PATH", poisonous_path(tmp_path, kind))


def test_a_picture_is_read_apart_as_it_is_read_here() -> None:
    contents = [GOOD, PLAIN_JPEG, PLAIN_JPEG[:300], b"<html>", encoded(Image.new("L", (1, 1)))]
    with reading() as supervisor:
        assert [timeless(supervisor.row(content)) for content in contents] == alone(*contents)


def test_a_picture_that_crashes_its_process_is_tried_again_and_then_said_to_crash(
    poisoned: Callable[[str], None],
) -> None:
    expected = alone(GOOD, OTHER)
    poisoned("crash")
    with reading() as supervisor:
        before, crashed, after = [supervisor.row(c) for c in (GOOD, POISON, OTHER)]
    assert crashed == {"status": "crashed", "reason": "SIGSEGV, then SIGSEGV"}
    assert [timeless(before), timeless(after)] == expected


def test_a_process_that_hangs_is_ended_in_time(poisoned: Callable[[str], None]) -> None:
    expected = alone(GOOD)
    poisoned("freeze")
    with reading(limit_s=4.0) as supervisor:
        supervisor.row(GOOD)  # starting has a limit of its own
        start = time.monotonic()
        row = supervisor.row(POISON)
        assert 4.0 <= time.monotonic() - start < 8.0
        assert row["status"] == "ocr_timeout"
        assert "4 s" in str(row["reason"])
        assert [timeless(supervisor.row(GOOD))] == expected


def test_an_engine_that_hangs_is_ended_by_its_own_limit_and_its_process_lives_on(
    poisoned: Callable[[str], None],
) -> None:
    poisoned("hang")
    with reading(ocr=CONFIG.ocr.model_copy(update={"timeout_s": 2.0})) as supervisor:
        supervisor.row(GOOD)
        pid = the_reader()
        assert supervisor.row(POISON)["status"] == "ocr_timeout"
        assert the_reader() == pid


def test_memory_that_grows_is_given_back_whoever_in_the_family_holds_it(
    poisoned: Callable[[str], None],
) -> None:
    expected = alone(GOOD)
    poisoned("grow")
    with reading(memory_mib=400, attempts=1) as supervisor:
        row = supervisor.row(POISON)
        assert row["status"] == "crashed"
        assert "more than 400" in str(row["reason"])
        assert [timeless(supervisor.row(GOOD))] == expected


def test_a_process_that_dies_by_another_hand_costs_no_picture(
    poisoned: Callable[[str], None], tmp_path: Path
) -> None:
    poisoned("hang")
    rows: list[Row] = []
    with reading() as supervisor:
        thread = Thread(target=lambda: rows.append(supervisor.row(POISON)))
        thread.start()
        pid = until(lambda: readers(os.getpid()), "the reader")[0]
        until(lambda: len(session_of(pid)) > 2, "tesseract to hang")
        (tmp_path / "tesseract").unlink()  # the second attempt finds the honest one
        kill(pid)
        thread.join()
        assert session_of(pid) == []
    assert [timeless(row) for row in rows] == alone(POISON)


def test_a_process_that_died_while_it_had_nothing_to_do_costs_no_attempt() -> None:
    with reading(attempts=1) as supervisor:
        supervisor.row(GOOD)
        pid = the_reader()
        kill(pid)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # all its threads
        assert [timeless(supervisor.row(OTHER))] == alone(OTHER)


def test_a_process_is_replaced_after_so_many_pictures() -> None:
    with reading(pictures=2) as supervisor:
        pids = []
        for _ in range(3):
            supervisor.row(PLAIN_JPEG)
            pids.append(readers(os.getpid()))
    assert [len(found) for found in pids] == [1, 0, 1]


def test_a_process_that_stays_large_is_replaced_between_pictures() -> None:
    with reading() as supervisor:
        supervisor.row(PLAIN_JPEG)
        at_rest = resident_mib(the_reader())
    with reading(memory_mib=round(at_rest * 1.8)) as supervisor:
        assert [timeless(supervisor.row(PLAIN_JPEG))] == alone(PLAIN_JPEG)
        assert readers(os.getpid()) == []


def test_nothing_is_left_of_a_worker_that_is_killed(
    poisoned: Callable[[str], None], tmp_path: Path
) -> None:
    poisoned("hang")
    code = (
        "import sys; from pathlib import Path; from tests.unit.reading.test_isolation import *;"
        "supervisor_for(Settings(image=CONFIG.image, ocr=CONFIG.ocr, domain=CONFIG.domain,"
        " limit_s=60.0), CONFIG.isolation).row(POISON)"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment)
    pid = until(lambda: readers(worker.pid), "the reader")[0]
    until(lambda: len(session_of(pid)) > 2, "tesseract to hang")
    assert list(tmp_path.glob("entity-extract-*/ocr-*"))
    worker.kill()
    worker.wait()
    until(lambda: session_of(pid) == [], "its family to end")
    assert list(tmp_path.glob("entity-extract-*")) == []


def test_one_process_reads_for_all_tasks_of_a_worker() -> None:
    settings = Settings(image=CONFIG.image, ocr=CONFIG.ocr, domain=CONFIG.domain, limit_s=60.0)
    supervisor = supervisor_for(settings, CONFIG.isolation)
    again = settings.model_validate_json(settings.model_dump_json())
    assert supervisor_for(again, CONFIG.isolation) is supervisor
    supervisor.row(PLAIN_JPEG)
    supervisor_for(settings, IsolationConfig(attempts=1))
    assert readers(os.getpid()) == []


@pytest.mark.parametrize("process", [True, False])
def test_a_batch_is_read_apart_where_that_is_wanted(process: bool) -> None:
    with shop_server({"/a.jpg": GOOD}) as shop:
        (frame,) = read_batches(
            iter([pd.DataFrame({"image_link": [shop.url("/a.jpg")]})]),
            fetch_config=FetchConfig(allow_private=True),
            image_config=CONFIG.image,
            ocr_config=CONFIG.ocr,
            domain=CONFIG.domain,
            reader_version=reader_version(CONFIG.ocr, CONFIG.image, CONFIG.domain),
            isolation=IsolationConfig(process=process),
        )
    assert [word["text"] for word in frame.words[0]] == ["500", "grams"]
    found = readers(os.getpid())
    assert len(found) == process
    for pid in found:
        kill(pid)


@pytest.mark.parametrize("process", [True, False])
def test_a_machine_that_reads_otherwise_than_the_run_reads_nothing(process: bool) -> None:
    read = read_batches(
        iter([pd.DataFrame({"image_link": ["data:image/png;base64,AAAA"]})]),
        fetch_config=FetchConfig(),
        image_config=CONFIG.image,
        ocr_config=CONFIG.ocr,
        domain=CONFIG.domain,
        reader_version="0123456789ab",
        isolation=IsolationConfig(process=process),
    )
    with pytest.raises(OcrUnavailable, match=r"reads as .*tesseract 5.* as 0123456789ab"):
        list(read)


def test_an_engine_that_is_not_installed_is_an_exception_and_not_a_row() -> None:
    with (
        reading(ocr=OcrConfig(language="xyz")) as supervisor,
        pytest.raises(OcrUnavailable, match="language data for xyz"),
    ):
        supervisor.row(GOOD)


def test_a_process_that_cannot_start_is_an_exception_after_a_few_attempts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = tmp_path / "starts"
    (tmp_path / "cv2.py").write_text(
        f"open({str(starts)!r}, 'a').write('x'); raise ImportError('libGL.so.1: not found')"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with reading() as supervisor, pytest.raises(CannotStart, match=r"libGL\.so\.1"):
        supervisor.row(GOOD)
    assert starts.read_text() == "xxx"


# What a process may say that obeys a hostile picture.
GARBAGE = {
    "no JSON": b"oops",
    "a pickle": pickle.dumps([]),
    "an unknown column": b'{"number": 1, "row": {"image_link": "http://elsewhere/"}}',
    "an unknown status": b'{"number": 1, "row": {"status": "excellent"}}',
    "a number that Spark cannot hold": b'{"number": 1, "row": {"width": 2147483648}}',
    "a number that is none": b'{"number": 1, "row": {"strokes": [%s]}}'
    % b'{"x0": NaN, "y0": 0.5, "x1": 0.5, "y1": 0.5, "thickness": 0.5}',
    "half a character": b'{"number": 1, "row": {"reason": "\\ud800"}}',
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_a_reply_that_would_harm_the_task_is_refused(garbage: bytes) -> None:
    with pytest.raises(BadMessage):
        reply_of(Frame(garbage, b""))


@pytest.mark.parametrize(
    ("garbage", "reason"),
    [
        (b"\xff" * 4096, "it announced 8589934590 bytes"),
        (frame_of(b'{"number": 0, "row": {}}'), "a reply to picture 0 in place of 1"),
    ],
)
def test_a_process_that_talks_nonsense_is_lost(
    garbage: bytes, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In place of the second reply: the first says that the process is ready.
    (tmp_path / "sitecustomize.py").write_text(f"""
import os, sys
if "entity_extract.reading.isolation.child" in sys.orig_argv:
    honest, answers = os.write, []
    def hostile(channel, reply):
        answers.append(channel)
        if len(answers) == 2:
            honest(channel, {garbage!r})
        return honest(channel, reply)
    os.write = hostile
""")
    monkeypatch.syspath_prepend(tmp_path)
    with reading(attempts=1) as supervisor:
        assert supervisor.row(PLAIN_JPEG) == {"status": "crashed", "reason": reason}


@given(st.lists(st.binary(max_size=64)))
def test_no_bytes_are_anything_but_a_reply_or_refused(chunks: list[bytes]) -> None:
    incoming = incoming_replies()
    try:
        for chunk in chunks:
            incoming.feed(chunk)
            while (frame := incoming.frame()) is not None:
                reply = reply_of(frame)
                assert json.loads(frame.header)["number"] == reply.number
    except BadMessage:
        pass


def test_what_native_code_prints_does_not_stand_between_the_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chatter = "import os, time, threading\ndef chat():\n while 1: os.write(1, b'x' * 99); "
    (tmp_path / "sitecustomize.py").write_text(
        f"{chatter}time.sleep(1e-4)\nos.write(2, b'y' * 300_000)\n"
        "threading.Thread(target=chat, daemon=True).start()"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with reading() as supervisor:
        assert [timeless(supervisor.row(GOOD))] == alone(GOOD)


def test_the_process_runs_the_package_of_its_worker_also_from_a_zip(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "entity_extract", tmp_path / "root/entity_extract")
    module = tmp_path / "root/entity_extract/reading/picture_row.py"
    module.write_text(module.read_text().replace("rejected.reason", "'as the zip says'"))
    archive = shutil.make_archive(str(tmp_path / "package"), "zip", tmp_path / "root")
    code = (
        f"import sys; sys.path.insert(0, {archive!r});"
        "from entity_extract.config import load_config;"
        "from entity_extract.reading.isolation.messages import Settings;"
        "from entity_extract.reading.isolation.supervisor import Supervisor;"
        "c = load_config();"
        "s = Settings(image=c.image, ocr=c.ocr, domain=c.domain, limit_s=60.0);"
        "print(Supervisor(s, c.isolation).row(b'no picture')['reason'])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, stdout=subprocess.PIPE)
    assert done.stdout == b"as the zip says\n"
