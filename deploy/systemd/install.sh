#!/usr/bin/env bash
# Puts entity-extract.service and .timer into place, checked, and starts the timer; run it as root,
# from a clone that `make setup` has set up. Repeat it freely: /etc/entity-extract.env stays as it is.
#
#   sudo deploy/systemd/install.sh --catalog /srv/shop/catalog.parquet --lake /srv/shop/lake
#
#   --user NAME   who runs it; made where there is none (entity-extract)
#   --root DIR    writes below DIR instead, makes no user and starts nothing: to look, or for an image
set -euo pipefail
home="$(cd "$(dirname "$0")/../.." && pwd)"
catalog="" lake="" user=entity-extract root=""

stop() { printf 'error: %s\n' "$*" >&2; exit 2; }

while (($#)); do
  (($# > 1)) || stop "$1 wants a value"
  case "$1" in
  --catalog) catalog=$2 ;;
  --lake) lake=$2 ;;
  --user) user=$2 ;;
  --root) root=$2 ;;
  *) stop "$1 is none of --catalog, --lake, --user, --root" ;;
  esac
  shift 2
done

units="$root/etc/systemd/system" settings="$root/etc/entity-extract.env"
[[ -x $home/.venv/bin/python ]] || stop "$home/.venv is not there: run \`make setup\` first"
[[ $home != *[[:space:]%#]* ]] || stop "$home has a blank, % or # in its name, which units cannot hold"
[[ $user =~ ^[a-z_][a-z0-9_-]*$ ]] || stop "--user $user is no name of a user"
[[ -e $settings || (-n $catalog && -n $lake) ]] || stop "say --catalog and --lake: $settings is not there yet"
[[ -n $root || $(id -u) == 0 ]] || stop "run it as root, or with --root"

# Checked before anything is put into place.
checked="$(mktemp -d)"
trap 'rm -rf "$checked"' EXIT
for unit in entity-extract.service entity-extract.timer; do
  sed -e "s#/opt/entity-extract#$home#g" -e "s#^User=.*#User=$user#" \
    "$home/deploy/systemd/$unit" >"$checked/$unit"
done
if command -v systemd-analyze >/dev/null; then
  said="$(systemd-analyze verify "$checked"/entity-extract.* 2>&1)" || stop "systemd refuses the units: $said"
  [[ -z $said ]] || printf '%s\n' "$said" >&2
else
  echo "systemd-analyze is not here: the units are not checked" >&2
fi

if [[ -z $root ]]; then
  id "$user" >/dev/null 2>&1 || useradd --system "$user"
  [[ $lake != /* ]] || install -d -o "$user" "$lake"
fi
install -d "$units"
if [[ ! -e $settings ]]; then
  (umask 077 && printf 'CATALOG="%s"\nLAKE="%s"\n' "${catalog//\"/\\\"}" "${lake//\"/\\\"}" >"$settings")
fi
install -m 644 "$checked"/entity-extract.* "$units"
echo "units: $units/entity-extract.service, .timer; settings: $settings"
if [[ -z $root ]]; then
  systemctl daemon-reload
  systemctl enable --now entity-extract.timer
fi
