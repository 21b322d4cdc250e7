"""Names of datasets, as https://openlineage.io/docs/spec/naming has them."""

from pathlib import Path

import pytest

from entity_extract.errors import UserError
from entity_extract.lineage.parent import Ancestor, parent_of
from entity_extract.lineage.places import Place, place_of

RUN = "f99310b4-3c3c-4a1a-8b2b-c1b95c24ff11"


@pytest.mark.parametrize(
    ("path", "namespace", "name"),
    [
        ("/srv/shop/catalog.parquet", "file", "/srv/shop/catalog.parquet"),
        ("file:/srv/shop", "file", "/srv/shop"),
        ("file:///srv/shop", "file", "/srv/shop"),
        ("s3a://shop/catalog/day=1/", "s3://shop", "catalog/day=1"),
        ("s3a://AKIA:hunter2@shop/catalog", "s3://shop", "catalog"),
        ("s3a://shop", "s3://shop", "/"),
        ("gs://shop/lake", "gs://shop", "lake"),
        ("hdfs://name:8020/shop/lake", "hdfs://name:8020", "/shop/lake"),
        ("abfs://shop@store.dfs.core.windows.net/lake", None, "lake"),
    ],
)
def test_files_and_folders_are_named_as_other_jobs_name_them(
    path: str, namespace: str | None, name: str
) -> None:
    expected = namespace or "abfss://shop@store.dfs.core.windows.net"
    assert place_of(path) == Place(expected, name)


def test_a_relative_path_is_where_it_is_from_here() -> None:
    assert place_of("lake").name == str(Path.cwd() / "lake")


def test_tables_lie_below_their_lake() -> None:
    assert place_of("s3a://shop/lake").below("images") == Place("s3://shop", "lake/images")
    assert place_of("s3a://shop").below("images") == Place("s3://shop", "images")
    assert place_of("hdfs://name:8020/").below("images").name == "/images"


def test_the_parent_is_what_the_scheduler_says() -> None:
    assert parent_of({}) is None
    named = {"OPENLINEAGE_PARENT_ID": f"https://air.flow/shop/dag.task/{RUN}"}
    found = parent_of(named)
    assert found is not None
    assert found.run == found.root == Ancestor("https://air.flow/shop", "dag.task", RUN)
    found = parent_of({**named, "OPENLINEAGE_ROOT_PARENT_ID": f"shop/dag/{RUN}"})
    assert found is not None
    assert found.root == Ancestor("shop", "dag", RUN)


@pytest.mark.parametrize("named", ["dag.task", f"shop/{RUN}", "shop/dag.task/1234"])
def test_a_parent_that_is_none_is_refused_by_its_variable(named: str) -> None:
    with pytest.raises(UserError, match="OPENLINEAGE_PARENT_ID"):
        parent_of({"OPENLINEAGE_PARENT_ID": named})
