"""The file of corrections: whole whatever happens, one line a row, one writer at a time."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from entity_extract.catalog.corrections import read_corrections
from entity_extract.errors import UserError
from entity_extract.review.decisions import Correction
from entity_extract.review.store import CorrectionStore, stored

ROOT = Path(__file__).parents[3]


AT = "2026-11-30T04:00:00+00:00"


def correction(link: str, value: str = "5 gram") -> Correction:
    return Correction(link, "1", "item_weight", value, "", "typed", "", "m1", AT)


def labels(path: Path) -> dict[str, str]:
    return {row.image_link: value for row, value in read_corrections(str(path)).items()}


def test_a_later_correction_of_a_row_takes_the_place_of_the_former(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    with CorrectionStore(path) as store:
        store.put(correction("a"), correction("b"))
        store.put(correction("a", "6 gram"))
        assert [one.image_link for one in stored(path)] == ["a", "b"]
        assert labels(path) == {"a": "6 gram", "b": "5 gram"}
        store.take_back(correction("a").id)
        assert labels(path) == {"b": "5 gram"}
    assert labels(tmp_path / "corrections.parquet") == {"b": "5 gram"}
    with pytest.raises(OSError, match="ended"):  # others may write it now
        store.put(correction("c"))
    assert labels(path) == {"b": "5 gram"}


def test_links_of_any_letters_and_length_come_back_as_they_were(tmp_path: Path) -> None:
    links = ['a,"b"\r\nc', "\u202e=cmd()", "data:image/png;base64," + "A" * 300_000, " x ", "\\"]
    path = tmp_path / "corrections.csv"
    with CorrectionStore(path) as store:
        for link in links:
            store.put(correction(link))
    with CorrectionStore(path) as store:
        assert [one.image_link for one in store.all()] == links
    assert list(labels(path)) == links
    assert list(labels(path.with_suffix(".parquet"))) == links


def test_a_line_that_a_kill_cut_short_is_left_out_and_the_others_stand(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    with CorrectionStore(path) as store:
        store.put(correction("a"))
        whole = path.stat().st_size
        store.put(correction('quoted "link",\nof two lines\n'))
    content = path.read_bytes()
    for end in range(whole, len(content) - 1):  # all but the line's end is the whole line
        path.write_bytes(content[:end])
        with CorrectionStore(path) as store:
            assert [one.image_link for one in store.all()] == ["a"], end
            store.put(correction("b"))
        assert list(labels(path)) == ["a", "b"]


def test_a_last_line_that_an_editor_left_without_its_end_stands(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    with CorrectionStore(path) as store:
        store.put(correction("a"), correction(f'b",{AT}'))
    path.write_bytes(path.read_bytes().rstrip())
    with CorrectionStore(path) as store:
        store.put(correction("c"))
    assert list(labels(path)) == ["a", f'b",{AT}', "c"]


def test_what_was_confirmed_before_a_kill_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    code = f"""
import sys, itertools
from pathlib import Path
from entity_extract.review.store import CorrectionStore
from tests.unit.review.test_store import correction
store = CorrectionStore(Path({str(path)!r}))
for number in itertools.count():
    store.put(correction(f"row {{number % 50}}", f"{{number + 1}} gram"))
    print(number, flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        confirmed = -1
        timer = threading.Timer(30.0, writer.kill)
        timer.start()
        for line in writer.stdout:
            confirmed = int(line)
            if confirmed == 120:
                writer.kill()
        timer.cancel()
    assert confirmed >= 120
    for row in range(50):
        last = max(number for number in range(confirmed + 1) if number % 50 == row)
        held = int(labels(path)[f"row {row}"].split()[0]) - 1
        assert held in (last, last + 50), row  # the last one may be there unconfirmed
    with CorrectionStore(path) as store:  # nobody holds it any more
        assert len(store.all()) == 50


def test_two_reviews_do_not_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    with CorrectionStore(path), pytest.raises(UserError, match="another review is writing it"):
        CorrectionStore(path)
    CorrectionStore(path).close()


def test_a_file_of_something_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "catalog.csv"
    path.write_text("image_link,group_id,entity_name\na,1,width\n")
    with pytest.raises(UserError, match="not a file of corrections"):
        CorrectionStore(path)
    assert path.read_text() == "image_link,group_id,entity_name\na,1,width\n"
    with pytest.raises(UserError, match=r"must end in \.csv"):
        CorrectionStore(tmp_path / "corrections.parquet")


def test_a_disk_that_is_full_confirms_nothing_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    code = f"""
import resource, signal
from pathlib import Path
from entity_extract.review.store import CorrectionStore
from tests.unit.review.test_store import correction
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = CorrectionStore(Path({str(path)!r}))
store.put(correction("a"))
resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400))
try:
    store.put(correction("b" * 500))
except OSError:
    print([one.image_link for one in store.all()])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['a']"
    assert labels(path) == {"a": "5 gram"}
