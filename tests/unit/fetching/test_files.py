"""Files that are other ones than were read: told by a look at them, without opening any."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from entity_extract.config import FetchConfig
from entity_extract.fetching.fetch import Fetched, fetch
from entity_extract.fetching.fetched import Validators
from entity_extract.fetching.files import Seen, changed_files
from entity_extract.status import Status
from tests.server import PLAIN_JPEG


def read(file: Path, version: str | None = None) -> Fetched:
    config = FetchConfig(file_root=str(file.parent))
    return fetch(file.as_uri(), config, validators=Validators(version) if version else None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "größe 1.jpg"
    path.write_bytes(PLAIN_JPEG)
    return path


def test_a_file_that_is_as_it_was_is_not_read_again(file: Path) -> None:
    first = read(file)
    assert (first.status, first.content) == (Status.OK, PLAIN_JPEG)
    again = read(file, first.etag)
    assert (again.status, again.content) == (Status.NOT_MODIFIED, None)
    os.utime(file, ns=(1, 1))
    assert read(file, first.etag).content == PLAIN_JPEG


def replaced(file: Path) -> None:
    new = file.with_name("new.jpg")
    new.write_bytes(PLAIN_JPEG[::-1])
    os.utime(new, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns + 1))
    new.replace(file)


@pytest.mark.parametrize(
    ("happens", "changed"),
    [
        (lambda file: None, False),
        (lambda file: file.write_bytes(PLAIN_JPEG + b"."), True),
        (replaced, True),
        (lambda file: file.unlink(), True),
    ],
    ids=["nothing", "longer", "another of its size", "gone"],
)
def test_what_happens_to_a_file_is_seen(
    file: Path, happens: Callable[[Path], object], changed: bool
) -> None:
    version, root = read(file).etag, str(file.parent)
    happens(file)
    cells = (file.as_uri(), file.name, f" {file} ", f'<img src="{file.as_uri()}">')
    seen = [Seen(cell, version, Status.OK.value) for cell in cells]
    assert changed_files(seen, root) == [changed] * len(cells)


def test_that_a_file_is_gone_is_seen_once_and_so_is_that_it_came(file: Path) -> None:
    version, root = read(file).etag, str(file.parent)
    seen = [Seen(file.name, known, Status.NO_FILE.value) for known in (version, None)]
    assert changed_files(seen, root) == [True, True]
    file.unlink()
    assert changed_files(seen, root) == [False, False]
    assert changed_files([Seen(file.name, version, Status.OK.value)], root) == [True]
    file.symlink_to("/etc/hostname")  # which is never read
    assert changed_files(seen, root) == [False, False]


def test_what_could_not_be_opened_before_is_not_asked_for_as_long_as_it_cannot(file: Path) -> None:
    link = file.with_name("link.jpg")
    link.symlink_to(file)
    (file.parent / "folder").symlink_to(file.parent)
    links = (link, file.parent / "folder" / file.name)
    config = FetchConfig(file_root=str(file.parent))
    assert {fetch(one.as_uri(), config).status for one in links} == {Status.NO_FILE}
    cells = (link.name, f"folder/{file.name}")
    seen = [Seen(cell, None, Status.NO_FILE.value) for cell in cells]
    assert changed_files(seen, str(file.parent)) == [False, False]
    link.unlink()
    link.write_bytes(PLAIN_JPEG)
    assert changed_files(seen, str(file.parent)) == [True, False]


@pytest.mark.parametrize(
    ("cell", "version", "status"),
    [
        ("https://shop.example/a.jpg", "file:1-1", "ok"),  # whatever a server says
        ("https://shop.example/a.jpg", None, "http_error"),
        ("s3://shop/a.jpg", "file:1-1", "ok"),
        ("{file}", None, "ok"),  # of a lake that has no versions
        ("{file}", '"v1"', "ok"),
        ("/etc/../{file}", "file:1-1", "ok"),
        ("/etc/hostname.jpg", "file:1-1", "ok"),
        (None, "file:1-1", "ok"),
    ],
)
def test_what_is_no_file_of_ours_has_not_changed(
    file: Path, cell: str | None, version: str | None, status: str
) -> None:
    named = None if cell is None else cell.replace("{file}", str(file))
    assert changed_files([Seen(named, version, status)], str(file.parent)) == [False]


def test_where_the_folder_is_not_mounted_no_file_has_gone(file: Path) -> None:
    seen = [Seen(file.as_uri(), read(file).etag, Status.OK.value)]
    root = str(file.parent)
    file.unlink()
    assert changed_files(seen, root) == [True]
    file.parent.rmdir()
    assert changed_files(seen, root) == [False]
