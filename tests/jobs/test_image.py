"""deploy/Dockerfile, built and run: half an hour, 15 GB and the network, so never by `make test`.

    make test T="-m slow tests/jobs/test_image.py"

The base is pulled; where no registry can be reached debootstrap makes one, which takes root. A root
that is only read, as Kubernetes gives it, is not to be had here: a folder of jars that may not be
written is tried in its place.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from entity_extract.config import load_config
from tests.jobs.conftest import ROOT

DOCKERFILE = ROOT / "deploy/Dockerfile"
MIRROR = "http://deb.debian.org/debian"
AUTHORITIES = Path("/usr/local/share/ca-certificates")  # what the machine's owner trusts
PATIENCE_S = 5_400
PROXIED = ("http", "https")
# Such as "DEVICE=gpu", where PyTorch's own index of wheels is out of reach.
BUILD_ARGS = os.environ.get("IMAGE_BUILD_ARGS", "").split()

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * PATIENCE_S)]


class Buildah:
    """In a store of its own, which goes with the folder."""

    def __init__(self, folder: Path) -> None:
        self._words = ["buildah", "--root", str(folder / "store"), "--runroot", str(folder / "run")]

    def __call__(self, *words: str | Path, timeout_s: float = PATIENCE_S) -> str:
        done = self.done(*words, timeout_s=timeout_s)
        assert done.returncode == 0, f"{words}: {done.stdout[-3000:]}{done.stderr[-6000:]}"
        return done.stdout.strip()

    def done(
        self, *words: str | Path, timeout_s: float = PATIENCE_S
    ) -> subprocess.CompletedProcess[str]:
        command = [*self._words, *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s)

    def ran(self, container: str, *words: str) -> subprocess.CompletedProcess[str]:
        return self.done("run", "--isolation", "chroot", container, "--", *words)


def has_base(buildah: Buildah, name: str, folder: Path) -> bool:
    """Pulled, else made of Debian's packages."""
    try:
        if buildah.done("pull", name, timeout_s=300).returncode == 0:
            return True
    except subprocess.TimeoutExpired:
        pass
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        return False
    root = folder / "base"
    made = subprocess.run(
        ["debootstrap", "--variant=minbase", "bookworm", root, MIRROR], capture_output=True
    )
    if made.returncode != 0:
        return False
    trusted = root / AUTHORITIES.relative_to("/")
    trusted.mkdir(parents=True, exist_ok=True)
    for certificate in AUTHORITIES.glob("*.crt"):
        shutil.copy(certificate, trusted)
    container = buildah("from", "scratch")
    buildah("add", container, root, "/")
    for variable in ("PIP_CERT", "PIP_INDEX_URL"):
        if value := os.environ.get(variable):
            buildah("config", "--env", f"{variable}={value}", container)
    buildah("commit", "--rm", container, name)
    return True


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    if shutil.which("buildah") is None:
        pytest.skip("buildah is not here: apt-get install buildah")
    folder = tmp_path_factory.mktemp("image")
    buildah = Buildah(folder)
    (base,) = (
        line.partition("=")[2]
        for line in DOCKERFILE.read_text().splitlines()
        if line.startswith("ARG DEBIAN=")
    )
    if not has_base(buildah, f"docker.io/library/{base}", folder):
        pytest.skip(f"no registry has {base}, and debootstrap, as root, is not here")
    yield buildah
    buildah.done("rm", "--all")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def container(buildah: Buildah) -> str:
    named = [word for arg in BUILD_ARGS for word in ("--build-arg", arg)]
    options = ["--isolation", "chroot", "--network", "host", "--pull-never", *named]
    buildah("bud", *options, "-t", "entity-extract", "-f", DOCKERFILE, ROOT)
    return buildah("from", "--pull-never", "localhost/entity-extract")


def test_it_reads_a_picture_as_a_user_without_rights(
    buildah: Buildah, container: str, tmp_path: Path
) -> None:
    card = tmp_path / "card.png"
    image = Image.new("RGB", (560, 120), "white")
    ImageDraw.Draw(image).text((30, 40), "Net weight 500 g (17.6 oz)", fill="black", font_size=36)
    image.save(card)
    buildah("copy", container, card, "/tmp/card.png")
    assert buildah.ran(container, "id", "-u").stdout.strip() == "185"
    read = buildah.ran(
        container, "entity-extract", "read", "/tmp/card.png", "--entity", "item_weight"
    )
    assert "500 gram" in read.stdout, read.stderr
    looked = buildah.ran(container, "entity-extract", "doctor")
    assert looked.returncode == 0, looked.stdout


def test_it_answers_a_catalog_where_the_machine_has_no_name(
    buildah: Buildah, container: str, tmp_path: Path
) -> None:
    catalog = tmp_path / "catalog.csv"
    catalog.write_text("image_link,entity_name\n,width\n")
    buildah("copy", container, catalog, "/tmp/catalog.csv")
    tables = ("--catalog", "/tmp/catalog.csv", "--lake", "/tmp/lake", "--answers", "/tmp/a.csv")
    done = buildah.ran(container, "entity-extract", "enrich", *tables)
    assert done.returncode == 0, done.stderr[-6000:]
    assert "1 catalog row," in done.stdout


def test_a_driver_finds_its_jars_without_a_network_where_they_may_not_be_written(
    buildah: Buildah, container: str, tmp_path: Path
) -> None:
    asks = tmp_path / "asks.py"
    asks.write_text(
        "from pyspark.sql import SparkSession\n"
        "spark = SparkSession.builder.getOrCreate()\n"
        "print(spark.sparkContext._jsc.sc().listJars().mkString(' '))\n"
    )
    buildah("copy", container, asks, "/tmp/asks.py")
    root = ("run", "--user", "0", "--isolation", "chroot", container, "--")
    buildah(*root, "chown", "-R", "0:0", "/home/spark")
    jars = {k: v for k, v in load_config(["s3a.toml"]).spark.items() if k.startswith("spark.jars.")}
    nowhere = " ".join(f"-D{kind}.proxyHost=127.0.0.1 -D{kind}.proxyPort=9" for kind in PROXIED)
    done = buildah.ran(
        container,
        *("env", "HOME=/tmp", "SPARK_DRIVER_BIND_ADDRESS=127.0.0.1", "SPARK_LOCAL_IP=127.0.0.1"),
        *(f"JAVA_TOOL_OPTIONS={nowhere}", "/opt/entity-extract/deploy/container.sh", "driver"),
        *("--master", "local[1]"),
        *(word for key, value in jars.items() for word in ("--conf", f"{key}={value}")),
        "/tmp/asks.py",
    )
    assert done.returncode == 0, done.stderr[-6000:]
    assert "hadoop-aws-" in done.stdout
    assert "exception" not in done.stderr
