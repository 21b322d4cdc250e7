"""Files of a lake on S3 by boto3, against moto's server on loopback."""

import time
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from entity_extract.errors import UserError
from entity_extract.lake.lease import writer_lease
from entity_extract.lake.s3_storage import S3Storage
from entity_extract.lake.wave_log import WaveLog, Written
from entity_extract.lake.waves import Wave


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        boto3.client("s3").create_bucket(Bucket="shop")
        yield "s3a://shop"
    server.stop()


@pytest.fixture
def storage(bucket: str, request: pytest.FixtureRequest) -> S3Storage:
    return S3Storage(f"{bucket}/{request.node.name}")


def test_a_file_is_created_once(storage: S3Storage, caplog: pytest.LogCaptureFixture) -> None:
    assert storage.create("images/_waves/1.json", "first")
    assert not storage.create("images/_waves/1.json", "second")
    assert storage.create("images/_waves/1.json", "first")  # sent again, its answer being lost
    assert storage.read_text("images/_waves/1.json") == "first"
    storage.check_create("once")
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_a_folder_is_what_keys_begin_with(storage: S3Storage) -> None:
    assert not storage.exists("images")
    assert storage.names("images") == []
    assert storage.read_text("images/a") is storage.read_json("images/a") is None
    assert storage.modified_ms("images/a") is None
    storage.write_bytes("images/wave=1/part-0.parquet", b"12345")
    storage.write_json("images/b.json", {"c": 1})
    storage.write_text("images-of-others/a", "stays")
    assert storage.exists("images")
    assert storage.names("images") == ["b.json", "wave=1"]
    assert storage.sizes("images/wave=1") == {"part-0.parquet": 5}
    assert storage.read_json("images/b.json") == {"c": 1}
    now = time.time() * 1000
    assert abs((storage.modified_ms("images/b.json") or 0) - now) < 60_000
    assert list(storage.written_ms("images")) == ["b.json"]
    storage.move("images/wave=1", "aside/wave=1")
    assert storage.names("images") == ["b.json"]
    assert storage.sizes("aside/wave=1") == {"part-0.parquet": 5}
    storage.remove("images")
    storage.remove("images")
    assert not storage.exists("images")
    assert storage.read_text("images-of-others/a") == "stays"
    with pytest.raises(OSError, match="cannot move"):
        storage.move("images/wave=1", "aside/wave=2")


def test_of_two_writers_the_later_finds_its_number_taken(storage: S3Storage) -> None:
    wave = Wave(name="wave=r1-read00000", rows=1)
    with writer_lease(storage, "r1", "enrich", lease_s=60, wait_s=0) as lease:
        log = WaveLog(storage, "images", grace_s=60)
        log.fence(lease)
        storage.write_bytes(f"images/{wave.name}/part-0.parquet", b"rows")
        log.publish(lease, without=[], plus=[Written("images", (wave,))])
        assert WaveLog(storage, "images", grace_s=60).newest().names == {wave.name}
        assert storage.names("_lease") == ["r1.json"]
    assert storage.names("_lease") == []


def test_a_root_without_a_bucket_is_refused() -> None:
    with pytest.raises(UserError, match="names no bucket"):
        S3Storage("s3a:///lake")
