#!/usr/bin/env bash
# Runs tests on Spark 4: pytest, with the arguments given, in .venv-spark4, an environment in which
# pyspark 4 comes before the packages of .venv. Made when it is not there yet: 450 MB are downloaded.
#
#   deploy/spark4.sh tests/spark/test_stages.py -k embed
#   SPARK4=4.0.1 deploy/spark4.sh tests/spark/session # another version
set -euo pipefail
cd "$(dirname "$0")/.."

# The newest for which there are jars of Delta Lake and of S3's committers, see conf/.
version="${SPARK4:-4.1.4}"
folder=.venv-spark4
python="$folder/bin/python"

installed() { "$python" -c 'import pyspark; print(pyspark.__version__)' 2>/dev/null || true; }

if [[ $(installed) != "$version" ]]; then
  printf 'spark4: installing pyspark %s into %s\n' "$version" "$folder" >&2
  .venv/bin/python -m venv --clear "$folder"
  # Spark Connect's client of Spark 4 needs zstandard, which that of 3.5 does without.
  "$python" -m pip install --quiet --disable-pip-version-check --use-pep517 --no-deps \
    "pyspark==$version" zstandard
  # Behind its own packages those of .venv, with what their own .pth files add.
  packages="$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
  printf 'import site; site.addsitedir(%s)\n' "'$packages'" \
    >"$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/venv.pth"
  # Where make setup had to tell Spark which Java to take, it is told again.
  for told in .venv/lib/python3*/site-packages/pyspark/conf/spark-env.sh; do
    [[ ! -e $told ]] || install -D "$told" "${told/.venv/$folder}"
  done
fi
[[ $(installed) == "$version" ]] || { echo "spark4: $python runs Spark $(installed)" >&2; exit 1; }
exec env -u SPARK_HOME OMP_NUM_THREADS=1 "$python" -m pytest -p no:cacheprovider "$@"
