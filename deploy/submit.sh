#!/usr/bin/env bash
# Runs one of our jobs by spark-submit:
#
#   deploy/submit.sh [options of spark-submit] jobs/enrich.py [arguments of the job]
#   deploy/submit.sh --master 'local[2]' jobs/enrich.py --catalog c.csv --lake lake --model model
#   deploy/submit.sh --master yarn jobs/train.py --conf-file conf/cluster.toml --catalog s3a://…
#
# It ships the package as a zip, and passes the [spark] section of the job's configuration as
# --conf, since memory, jars and executors are settled before our Python starts. To change a key of
# a conf file for one run, give the job --set spark.executor.memory=16g. The executors need
# Tesseract and the Python packages of pyproject.toml; deploy/Dockerfile makes an image with both.
set -euo pipefail
here="$(cd "$(dirname "$0")/.." && pwd)"

options=()
while [[ $# -gt 0 && $1 != *.py ]]; do
  options+=("$1")
  shift
done
if [[ $# == 0 ]]; then
  sed -n '2,11s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi

# One `key=value` a line; ends here, with its message, where the configuration is wrong.
settings() {
  PYTHONPATH="$here" "$here/.venv/bin/python" - "$@" <<'PYTHON'
import argparse
import sys

from entity_extract.config import ConfigError, load_config

parser = argparse.ArgumentParser(add_help=False)  # --help and all others are the job's own
parser.add_argument("--conf-file", action="append", default=[])
parser.add_argument("--set", action="append", default=[])
args, _ = parser.parse_known_args(sys.argv[2:])
try:
    config = load_config(args.conf_file, args.set)
except ConfigError as err:
    sys.exit(f"error: {err}")
for key, value in config.spark.items():
    if key != "spark.master":  # stands for plain `python -m`; here the command line chooses
        print(f"{key}={value}")
PYTHON
}

configured="$(settings "$@")"
conf=()
while IFS= read -r setting; do
  [[ -z $setting ]] || conf+=(--conf "$setting")
done <<<"$configured"

export PYSPARK_PYTHON="${PYSPARK_PYTHON:-$here/.venv/bin/python}"
exec "$here/.venv/bin/spark-submit" ${conf[@]+"${conf[@]}"} ${options[@]+"${options[@]}"} \
  --py-files "$("$here/deploy/package.sh")" "$@"
