"""The page as served: to nobody without the token; a decision is on disk before it is confirmed."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from entity_extract.catalog.corrections import read_corrections
from entity_extract.catalog.files import catalog_frame
from entity_extract.config import CatalogConfig
from tests.unit.review.cases import CARDS, CONFIG, HOSTILE, Shop, served


@pytest.fixture
def url(cards: Shop, tmp_path: Path) -> Iterator[str]:
    with served(cards.lake, tmp_path / "corrections.csv") as address:
        yield address


def ask(url: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urlopen(Request(url, body, named), timeout=30) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except HTTPError as err:
        with err:
            return err.code, err.read(), dict(err.headers)


def decide(
    url: str, row: object, decision: str, value: str = "", **headers: str
) -> tuple[int, dict[str, Any]]:
    body = json.dumps({"row": row, "decision": decision, "value": value}).encode()
    said = {"Content_Type": "application/json", **headers}
    code, answer, _ = ask(f"{url}correction", body, **said)
    return code, json.loads(answer) if answer.startswith(b"{") else {}


def data_of(url: str) -> list[dict[str, Any]]:
    html = ask(url)[1].decode()
    text = html.split('<script type="application/json" id="data">')[1].split("</script>")[0]
    rows: list[dict[str, Any]] = json.loads(text)["rows"]
    return rows


def test_only_who_has_the_token_and_names_this_host_is_answered(url: str) -> None:
    parts = urlsplit(url)
    assert parts.hostname == "127.0.0.1"
    assert ask(url)[0] == 200
    root = f"http://{parts.netloc}"
    for other in (root, f"{root}/", f"{root}/wrong/", f"{root}/{parts.path[1:-2]}/"):
        assert ask(other)[0] == 404, other
    for host in ("evil.example", f"evil.example:{parts.port}", "127.0.0.1"):
        assert ask(url, Host=host)[0] == 421, host
        assert decide(url, 0, "not stated", Host=host)[0] == 421, host
    assert ask(url, Host=f"localhost:{parts.port}")[0] == 200


def test_it_listens_on_loopback_alone(url: str) -> None:
    port = urlsplit(url).port
    listening = [
        line.split()[1]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
    ]
    assert listening == [f"0100007F:{port:04X}"]


def test_another_sites_page_cannot_decide(url: str, tmp_path: Path) -> None:
    assert decide(url, 0, "not stated", Origin="http://evil.example")[0] == 403
    assert decide(url, 0, "not stated", Origin="null")[0] == 403
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        assert decide(url, 0, "not stated", Content_Type=kind)[0] == 415
    assert read_corrections(str(tmp_path / "corrections.csv")) == {}


def test_every_answer_forbids_what_the_page_does_not_need(url: str) -> None:
    for path in ("", "review.js", "thumbnail/0", "no-such-page"):
        headers = ask(url + path)[2]
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"


def test_pictures_come_at_full_size_by_their_links(url: str) -> None:
    for row in data_of(url):
        code, content, headers = ask(f"{url}picture/{row['place']}")
        path = urlsplit(row["link"]).path
        if row["status"] == "ok":
            assert (code, content) == (200, CARDS[path])
            assert headers["Content-Type"] == "image/png"
        else:
            assert code == 404
            assert b"bad_link" in content
    for place in ("99", "-1", "x", "", "../corrections.csv", "1" * 5000):
        assert ask(f"{url}picture/{place}")[0] == 404


def test_pictures_are_fetched_under_the_rules_of_fetch(cards: Shop, tmp_path: Path) -> None:
    closed = CONFIG.model_copy(
        update={"fetch": CONFIG.fetch.model_copy(update={"allow_private": False})}
    )
    with served(cards.lake, tmp_path / "c.csv", closed) as url:
        place = next(row["place"] for row in data_of(url) if row["status"] == "ok")
        code, content, _ = ask(f"{url}picture/{place}")
        assert (code, b"blocked" in content) == (404, True)
        assert ask(f"{url}thumbnail/{place}")[1][:2] == b"\xff\xd8"


def test_decisions_are_labels_at_once_and_the_latest_counts(
    url: str, cards: Shop, tmp_path: Path
) -> None:
    rows = [row for row in data_of(url) if row["status"] == "ok" and row["group"] == "tea"][:4]
    first, second, third, fourth = (row["place"] for row in rows)
    path = tmp_path / "corrections.csv"
    other = rows[2]["candidates"][-1]
    assert decide(url, first, "accepted")[0] == 200
    assert decide(url, second, "typed", "1,5 kg")[1]["said"]["entity_value"] == "1.5 kilogram"
    assert decide(url, third, "chosen", other)[0] == 200
    assert decide(url, fourth, "typed", "3 gram")[0] == 200
    assert decide(url, fourth, "not stated")[0] == 200
    said = [rows[0]["prediction"], "1.5 kilogram", other, ""]
    found = {row.image_link: value for row, value in read_corrections(str(path)).items()}
    assert found == dict(zip((row["link"] for row in rows), said, strict=True))
    cards.rows.to_csv(tmp_path / "catalog.csv", index=False)
    config = CatalogConfig(corrections=str(path))
    labels = catalog_frame(str(tmp_path / "catalog.csv"), config)
    labels = labels[labels["group_id"] == "tea"].set_index("image_link")["entity_value"]
    assert [labels[row["link"]] for row in rows] == said
    again = {row["place"]: row["said"] for row in data_of(url)}
    assert [again[row["place"]]["entity_value"] for row in rows] == said
    assert decide(url, first, "undo") == (200, {"said": None})
    assert len(read_corrections(str(path))) == 3
    assert ask(f"{url}corrections.csv")[1] == path.read_bytes()
    (tmp_path / "served.parquet").write_bytes(ask(f"{url}corrections.parquet")[1])
    assert read_corrections(str(tmp_path / "served.parquet")) == read_corrections(str(path))


@pytest.mark.parametrize(
    ("decision", "value", "said"),
    [
        ("typed", "500", "number above 0"),
        ("typed", "5 volt", "gram"),
        ("typed", "-5 gram", "number above 0"),
        ("typed", "0 gram", "number above 0"),
        ("typed", "1 gram to 5 gram", "number above 0"),
        ("typed", "9" * 400 + " gram", "number above 0"),
        ("typed", HOSTILE, "number above 0"),
        ("typed", "", "number above 0"),
        ("chosen", "77 gram", "no candidate"),
        ("guessed", "5 gram", "no decision"),
    ],
)
def test_what_is_no_value_is_refused_with_a_sentence(
    url: str, tmp_path: Path, decision: str, value: str, said: str
) -> None:
    place = next(row["place"] for row in data_of(url) if row["entity"] == "item_weight")
    code, told = decide(url, place, decision, value)
    assert code == 422
    assert said in told["error"]
    assert read_corrections(str(tmp_path / "corrections.csv")) == {}


def test_of_a_picture_that_was_not_read_nothing_can_be_said(url: str) -> None:
    place = next(row["place"] for row in data_of(url) if row["status"] != "ok")
    for decision in ("accepted", "not stated"):
        assert decide(url, place, decision)[0] == 422


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"row": 0}', b"\xff", b"1" * 20_000])
def test_what_is_no_decision_is_refused(url: str, body: bytes) -> None:
    code = ask(f"{url}correction", body, Content_Type="application/json")[0]
    assert code in (400, 413)
    assert decide(url, "x", "accepted")[0] == 404


def test_a_client_that_says_nothing_does_not_stop_the_others(url: str) -> None:
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0))) as silent:
        silent.sendall(b"POST ")
        assert ask(url)[0] == 200


def test_hostile_texts_are_data_in_the_page(url: str, cards: Shop) -> None:
    html = ask(url)[1].decode()
    assert "<img src=http" not in html
    assert html.count("<script") == 2
    groups = {row["group"] for row in data_of(url)}
    assert groups == set(cards.rows["group_id"])
    assert any(HOSTILE in row["lines"] for row in data_of(url))
