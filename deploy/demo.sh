#!/usr/bin/env bash
# The main job from end to end, on a catalog of its own: draws product cards, serves them on
# loopback, trains on 80 % of them, predicts, and reports on the 20 % held out.
# A second run finds its pictures in the lake and skips to the training.
set -euo pipefail
cd "$(dirname "$0")/.."

demo=build/demo
port="${DEMO_PORT:-8765}" # part of every link: with another one, all pictures are new
conf=(--conf-file local.toml --set fetch.allow_private=true # the shop is this machine
  --set fetch.deadline_s=5) # two of its links never answer
tables=(--catalog "$demo/catalog/catalog.csv" --lake "$demo/lake")

job() {
  printf '\n== jobs.%s\n' "$*"
  .venv/bin/python -m "jobs.$1" "${@:2}"
}
answers() { (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
stop() { printf 'demo: %s\n' "$*" >&2; exit 1; }

answers && stop "port $port is taken; choose another: DEMO_PORT=8766 make run"
mkdir -p "$demo"
printf '== jobs.sample_catalog: drawing the shop\n'
.venv/bin/python -m jobs.sample_catalog --out "$demo/catalog" --serve --port "$port" \
  >"$demo/shop.log" 2>&1 &
shop=$!
trap 'kill "$shop" 2>/dev/null || true' EXIT
until grep -q '^serving' "$demo/shop.log"; do
  kill -0 "$shop" 2>/dev/null || stop "the sample shop did not start: $(cat "$demo/shop.log")"
  sleep 0.5
done
cat "$demo/shop.log"

job train "${tables[@]}" --model "$demo/model" "${conf[@]}"
job predict "${tables[@]}" --model "$demo/model" --answers "$demo/answers.csv" "${conf[@]}"
job evaluate "${tables[@]}" --model "$demo/model" --out "$demo/report" "${conf[@]}"

echo
printf '%-10s%s\n' \
  report "$demo/report/report.html" answers "$demo/answers.csv" lake "$demo/lake" model "$demo/model"
