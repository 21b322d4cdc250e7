"""Versions of Spark that this package does not run on are refused in a sentence."""

import pytest

from entity_extract.errors import UserError
from entity_extract.spark.session.versions import check_server, check_version


@pytest.mark.parametrize("version", ["3.5.1", "3.5.9", "4.0.0", "4.1.4"])
def test_spark_3_5_and_4_to_4_1_are_supported(version: str) -> None:
    check_version(version, None)
    check_version(version, version)


@pytest.mark.parametrize("version", ["3.4.4", "3.5.0", "4.2.0", "5.0.0"])
def test_others_are_refused_by_name(version: str) -> None:
    with pytest.raises(UserError, match=f"Spark {version} is not supported"):
        check_version(version, version)


def test_a_spark_home_of_another_version_is_named() -> None:
    with pytest.raises(UserError, match=r"SPARK_HOME holds Spark 4\.1\.4, .* pyspark is 3\.5\.9"):
        check_version("3.5.9", "4.1.4")


def test_a_server_of_another_version_is_named() -> None:
    check_server("3.5.9", "3.5.7")
    with pytest.raises(UserError, match=r"runs Spark 4\.1\.4, and the package pyspark is 3\.5\.9"):
        check_server("3.5.9", "4.1.4")
