#!/usr/bin/env bash
# Runs one of our jobs by spark-submit:
#
#   deploy/submit.sh [options of spark-submit] jobs/enrich.py [arguments of the job]
#   deploy/submit.sh --master 'local[2]' jobs/enrich.py --catalog c.csv --lake lake --model model
#   deploy/submit.sh --master yarn --ship-environment jobs/enrich.py --conf-file cluster.toml …
#
# It ships the package as a zip, and passes the [spark] section of the job's configuration as
# --conf, since memory, jars and executors are settled before our Python starts. To change a key of
# a conf file for one run, give the job --set spark.executor.memory=16g. Options of its own:
#
#   --ship-environment   also ships Python and the packages (deploy/environment.py, 2.5 GB), for
#                        executors that have none. Without it they run $PYSPARK_PYTHON, which has
#                        to have the packages of pyproject.toml; if that is not set, python3 (YARN,
#                        Kubernetes: deploy/Dockerfile makes an image) or this very .venv (else)
#   --with-cuda          ships all of CUDA as well, for executors with a GPU; some GB more
#   --dry-run            prints the command and runs nothing
#
# With --deploy-mode cluster, conf files are shipped too; --catalog, --lake and --model have to be
# where the driver finds them there. Tesseract's library is in the archive, the program's models are
# not: where the driver has the program, executors have it too, or ocr.engine = "rapidocr".
set -euo pipefail
here="$(cd "$(dirname "$0")/.." && pwd)"

if [[ $# == 0 ]]; then
  sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
exec "$here/.venv/bin/python" "$here/deploy/submit.py" "$@"
