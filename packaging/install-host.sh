#!/bin/bash
# Installs the fdts-ops host worker on a machine that runs FDTS. As root; running it again changes only what differs.
#
#   install-host.sh --node PATH --config FILE [--program DIR] [--no-start] [--standby]
#   install-host.sh --uninstall [--purge [--with-evidence]]
#
# --program  the built program: dist/, node_modules/, package.json   (default: the folder above this script)
# --node     the node binary that runs it (20.19 or newer; readable by everybody)
# --config   this host's configuration, copied to /etc/fdts-ops/host.yml; folders and FDTS's own unit are those it names
# --standby  FDTS is not on this machine yet (a new machine, or one for drills): Docker, its unit and its data may be missing
# --purge    also removes reports, journal and configuration; with evidence of incidents only if --with-evidence says so too
#
# An uninstall is refused while the journal has a run or an incident open: nobody could take it back any more.
set -euo pipefail
umask 022
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

readonly HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HOME_DIR=/opt/fdts-ops LIB=/usr/lib/fdts-ops ETC=/etc/fdts-ops LAUNCHER=/usr/local/bin/fdts-ops
readonly STATE=/var/lib/fdts-ops ROOT_STATE=/var/lib/fdts-ops-root
declare -A fact # data, owner, scratch, unit, state, scripts: what the configuration says
readonly ISOLATION_UNIT=/etc/systemd/system/fdts-ops-isolation.service
readonly ISOLATION_TIMER=/etc/systemd/system/fdts-ops-isolation.timer ISOLATION_KEEP=/etc/systemd/system/fdts-ops-isolation-keep.service
readonly DOCKER_DROP_IN=/etc/systemd/system/docker.service.d/fdts-ops-isolation.conf
readonly SUDOERS=/etc/sudoers.d/fdts-ops UNIT=/etc/systemd/system/fdts-ops-host.service

main() {
  local program=${HERE%/*} node="" config=""
  local action=install start=yes purge=no with_evidence=no standby=no
  while (($# > 0)); do
    case $1 in
      --program) program=${2-}; shift 2 ;;
      --node) node=${2-}; shift 2 ;;
      --config) config=${2-}; shift 2 ;;
      --no-start) start=no; shift ;;
      --standby) standby=yes; shift ;;
      --uninstall) action=uninstall; shift ;;
      --purge) purge=yes; shift ;;
      --with-evidence) with_evidence=yes; shift ;;
      *) fail "unknown argument '$1'; see the head of this script" ;;
    esac
  done
  ((EUID == 0)) || fail "must run as root: try sudo $0"
  if [[ $action == uninstall ]]; then uninstall; else install_all; fi
}

install_all() {
  check_machine
  read_configuration
  create_user
  install_program
  install_privileges
  install_folders
  install_units
  echo "fdts-ops host worker installed; user fdts-ops, configuration $ETC/host.yml, reports $STATE/reports"
}

check_machine() {
  [[ -d /run/systemd/system ]] || fail "systemd is not running here; the worker needs it for units that outlive it"
  command -v sudo >/dev/null || fail "sudo is missing. Next: apt-get install sudo"
  [[ $standby == no ]] || getent group docker >/dev/null || groupadd --system docker
  getent group docker >/dev/null || fail "no group 'docker'. Next: install the Docker engine"
  [[ -f $program/dist/bin/fdts-ops.js ]] || fail "no built program in '$program' (dist/bin/fdts-ops.js). Next: npm run build, or give --program"
  [[ -x $node ]] || fail "--node '$node' is not a program. Next: give the path of node 20.19 or newer"
  (cd "$program" && "$node" -e 'new (require("better-sqlite3"))(":memory:")' >/dev/null 2>&1) ||
    fail "$("$node" --version) cannot load the SQLite library of this package: it was packed with another major version of Node, or on a newer Debian. Next: give the node of the machine that packed it, or pack it there again"
  [[ -f $config ]] || fail "--config '$config' does not exist"
}

# Refuses a wrong configuration before anything is changed.
read_configuration() {
  local facts key value
  facts=$("$node" "$program/dist/bin/fdts-ops.js" install-facts --config "$config") ||
    fail "$config cannot be used (see above). Next: correct it and run this again"
  while IFS='=' read -r key value; do fact[$key]=$value; done <<<"$facts"
  [[ -d ${fact[data]} || $standby == yes ]] || fail "data.database: '${fact[data]}' is not a folder. Next: correct it in $config"
}

create_user() {
  getent group fdts-ops >/dev/null || groupadd --system fdts-ops
  id fdts-ops >/dev/null 2>&1 ||
    useradd --system --gid fdts-ops --home-dir "$STATE" --no-create-home --shell /usr/sbin/nologin fdts-ops
  runuser -u fdts-ops -- "$node" --version >/dev/null 2>&1 ||
    fail "user fdts-ops cannot run $node. Next: give a node outside of private folders, for example /usr/local/bin/node"
}

install_program() {
  if [[ $(realpath "$program") != "$HOME_DIR" ]]; then
    rm -rf "$HOME_DIR.new"
    mkdir -p "$HOME_DIR.new"
    cp -a "$program/dist" "$program/node_modules" "$program/package.json" "$HOME_DIR.new/"
    [[ ! -d $program/packaging ]] || cp -a "$program/packaging" "$HOME_DIR.new/"
    rm -rf "$HOME_DIR.old"
    [[ ! -d $HOME_DIR ]] || mv "$HOME_DIR" "$HOME_DIR.old"
    mv "$HOME_DIR.new" "$HOME_DIR"
    rm -rf "$HOME_DIR.old"
  fi
  chown -R root:root "$HOME_DIR"
  chmod -R u=rwX,go=rX "$HOME_DIR"
  place "$LAUNCHER" 0755 root:root <<EOF
#!/bin/sh
# The same server as the worker's, also for a person at the host.
if [ -r $ETC/host.env ]; then
  set -a; . $ETC/host.env; set +a
elif [ ! -x $ETC ] && [ -z "\${TEMPORAL_ADDRESS-}\${TEMPORAL_CONFIG_FILE-}" ]; then
  echo "fdts-ops: only root may read which server this host has ($ETC/host.env); use: sudo fdts-ops \$*" >&2
fi
exec $(printf %q "$node") --enable-source-maps $HOME_DIR/dist/bin/fdts-ops.js "\$@"
EOF
  install -d -o root -g fdts-ops -m 0750 "$ETC"
  place "$ETC/host.yml" 0640 root:fdts-ops <"$config"
}

install_privileges() {
  install -d -o root -g root -m 0755 "$LIB"
  place "$LIB/root-task" 0755 root:root <"$HERE/root-task"
  place "$LIB/isolation" 0755 root:root <"$HERE/isolation"
  # Root says here which folder it is: the worker only names a file in it.
  if [[ -n ${fact[scripts]} ]]; then
    [[ -d ${fact[scripts]} ]] || make_folder root:root 0755 "${fact[scripts]}"
    place "$LIB/emergency-scripts" 0644 root:root <<<"${fact[scripts]}"
  else
    rm -f "$LIB/emergency-scripts"
  fi
  visudo -cqf "$HERE/sudoers" || fail "the sudoers file is not valid for this machine's sudo"
  place "$SUDOERS" 0440 root:root <"$HERE/sudoers"
}

install_folders() {
  local folder data=${fact[data]} scratch=${fact[scratch]}
  install -d -o root -g fdts-ops -m 0750 "$ROOT_STATE" "$ROOT_STATE/tasks"
  # Who owns these may have planted a link there since.
  for folder in "$STATE" "$STATE/reports" "$STATE/scratch" "${fact[state]}"; do
    make_folder fdts-ops:fdts-ops 0750 "$folder"
  done
  [[ -d $data ]] || make_folder "${fact[owner]}" 0750 "$data"
  make_folder "${fact[owner]}" 0700 "$scratch"
  [[ $(stat -c %m "$scratch") == "$(stat -c %m "$data")" ]] ||
    fail "$scratch is on another file system than $data: files could not be moved at once. Next: correct backups.scratch"
}

install_units() {
  local service=${fact[unit]}
  if [[ -z $service ]]; then
    echo "project.unit is null: nothing starts FDTS at boot but Docker's restart policies"
  elif [[ $standby == yes ]] || systemctl cat "$service" >/dev/null 2>&1; then
    install -d -m 0755 "/etc/systemd/system/$service.d"
    place "/etc/systemd/system/$service.d/fdts-ops.conf" 0644 root:root <"$HERE/fdts-service-hold.conf"
  else
    fail "project.unit: no $service on this machine. Next: correct it, or write null when only Docker's restart policies start FDTS"
  fi
  place "$UNIT" 0644 root:root <"$HERE/fdts-ops-host.service"
  install_isolation
  systemctl daemon-reload
  systemctl -q enable fdts-ops-isolation.service fdts-ops-isolation.timer
  # For an incident that is open already; without one its condition keeps it from starting.
  systemctl start --no-block fdts-ops-isolation.timer
  if [[ $start == yes ]]; then
    systemctl -q enable fdts-ops-host.service
    systemctl restart fdts-ops-host.service
  fi
}

# All do nothing until a security incident is open.
install_isolation() {
  place "$ISOLATION_UNIT" 0644 root:root <"$HERE/fdts-ops-isolation.service"
  place "$ISOLATION_TIMER" 0644 root:root <"$HERE/fdts-ops-isolation.timer"
  place "$ISOLATION_KEEP" 0644 root:root <"$HERE/fdts-ops-isolation-keep.service"
  install -d -m 0755 "${DOCKER_DROP_IN%/*}"
  place "$DOCKER_DROP_IN" 0644 root:root <"$HERE/docker-isolation.conf"
}

uninstall() {
  [[ ! -e $ROOT_STATE/isolation ]] || fail "a security incident is open and users are shut out. Next: fdts-ops start securityIncident --input '{\"action\":\"reopen\"}'"
  refuse_while_in_use
  [[ ! -e $STATE/hold-stack ]] || fail "FDTS is kept from starting ($STATE/hold-stack). Next: sudo fdts-ops recover; when that finds nothing to recover: sudo fdts-ops doctor, which says how FDTS may start again"
  [[ $purge == no ]] || announce_purge
  systemctl -q disable --now fdts-ops-host.service fdts-ops-control.service 2>/dev/null || true
  systemctl -q disable fdts-ops-isolation.service fdts-ops-isolation.timer 2>/dev/null || true
  rm -f "$UNIT" "${UNIT%/*}/fdts-ops-control.service" "$ISOLATION_UNIT" "$ISOLATION_TIMER" "$ISOLATION_KEEP" "$SUDOERS" "$LAUNCHER"
  local drop_in
  for drop_in in /etc/systemd/system/*.service.d/fdts-ops.conf "$DOCKER_DROP_IN"; do
    [[ -e $drop_in ]] || continue
    rm -f "$drop_in"
    rmdir --ignore-fail-on-non-empty "${drop_in%/*}"
  done
  systemctl daemon-reload
  rm -rf "$LIB" "$HOME_DIR"
  if [[ $purge == yes ]]; then
    rm -rf "$ETC" "$STATE" "$ROOT_STATE"
    if id fdts-ops >/dev/null 2>&1; then userdel fdts-ops; fi
    echo "fdts-ops removed with its reports and configuration; backups.scratch stays (it may hold what was moved aside)"
  else
    echo "fdts-ops removed; $STATE, $ETC, backups.scratch and the user fdts-ops stay (--purge removes all but the scratch)"
  fi
}

# With the program goes the way back of a run under way, and the way out of an incident: the journal must have neither.
refuse_while_in_use() {
  local reader=() facts key value obstacles
  fact[state]=$STATE
  if [[ -x $LAUNCHER ]]; then
    reader=(timeout 60 "$LAUNCHER")
  elif [[ -x $node && -f $program/dist/bin/fdts-ops.js ]]; then
    reader=(timeout 60 "$node" "$program/dist/bin/fdts-ops.js")
  fi
  if ((${#reader[@]} == 0)); then
    # It was uninstalled before; only a purge would still lose what the journal says.
    [[ $purge == yes && -f $STATE/journal.sqlite ]] || return 0
    fail "the program is gone that could look into $STATE/journal.sqlite. Next: give --node PATH, and --program DIR unless it is the folder above this script"
  fi
  if [[ -f $ETC/host.yml ]]; then
    facts=$("${reader[@]}" install-facts --config "$ETC/host.yml") ||
      fail "$ETC/host.yml cannot be used (see above), so nobody knows where the journal lies. Next: correct it and run this again"
    while IFS='=' read -r key value; do fact[$key]=$value; done <<<"$facts"
  fi
  [[ -f ${fact[state]}/journal.sqlite ]] || return 0
  obstacles=$("${reader[@]}" uninstall-obstacles --journal "${fact[state]}/journal.sqlite") ||
    fail "${fact[state]}/journal.sqlite cannot be read (see above), so nobody knows whether a change is under way. Next: install this version (--node PATH --config $ETC/host.yml), then uninstall it"
  [[ -z $obstacles ]] || fail "$obstacles"
}

# What is deleted is named before it is; evidence only goes when that was said.
announce_purge() {
  local folder reports=0 evidence=()
  for folder in "$STATE"/reports/*/; do [[ ! -d $folder ]] || reports=$((reports + 1)); done
  for folder in "$STATE"/evidence/*/; do [[ ! -d $folder ]] || evidence+=("$(basename "$folder")"); done
  if ((${#evidence[@]} > 0)) && [[ $with_evidence == no ]]; then
    fail "evidence of incidents would be deleted: ${evidence[*]} (in $STATE/evidence). Next: keep a copy of each (fdts-ops evidence export NAME --to FILE), then run this again with --with-evidence"
  fi
  echo "deleting for good: the journal $STATE/journal.sqlite; $reports reports in $STATE/reports; evidence in $STATE/evidence: ${evidence[*]:-none}; the configuration in $ETC"
  [[ ${fact[state]} == "$STATE" ]] || echo "staying: ${fact[state]} (state.folder), with the journal, the reports and the evidence there"
}

make_folder() { bash "$HERE/make-folder" "$@" || fail "a folder is missing (see above). Next: mend that and run this again"; }

# Writes standard input to a file at once and whole, with mode and owner.
place() {
  local file=$1 mode=$2 owner=$3
  cat >"$file.new"
  chown "$owner" "$file.new"
  chmod "$mode" "$file.new"
  mv "$file.new" "$file"
}

fail() {
  echo "install-host: $1" >&2
  exit 1
}

main "$@"
