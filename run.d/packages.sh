# shellcheck shell=bash
# Installs missing Debian packages; lives beside ./run, which sources it.

# Prints the packages of packages.list that the command "$1" (check or demo) needs and that are not
# installed.
packages_missing() {
    local command=$1 name purpose
    while read -r name purpose; do
        case $purpose in
        all | "$command") ;;
        *) continue ;;
        esac
        # config-files and half-installed states count as missing.
        dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || echo "$name"
    done < <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$RUN_SOURCE/run.d/packages.list")
}

# Installs what is missing for "$1"; does not touch the network when nothing is. Returns 1 with a
# message if packages are missing and cannot be installed.
packages_ensure() {
    local -a missing=() apt
    if ! command -v dpkg-query >/dev/null; then
        run_note "not a Debian system: packages are not checked (see run.d/packages.list)"
        return 0
    fi
    mapfile -t missing < <(packages_missing "$1")
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" -eq 0 ]; then
        apt=()
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        apt=(sudo)
    elif command -v sudo >/dev/null && [ -t 0 ]; then
        apt=(sudo)
    else
        run_note "these packages are missing, and only root may install them:"
        run_note "  apt-get install ${missing[*]}"
        return 1
    fi
    run_note "installing ${#missing[@]} packages: ${missing[*]}"
    # A machine that only runs Halldesk's private cluster has no use for Debian's own one.
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        "${apt[@]}" mkdir -p /etc/postgresql-common
        echo 'create_main_cluster = false' |
            "${apt[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    apt+=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o Dpkg::Use-Pty=0
        -o Dpkg::Options::=--force-confold)
    if ! "${apt[@]}" update >&2; then
        run_note "apt-get update failed; trying with the lists at hand"
    fi
    "${apt[@]}" install --no-install-recommends "${missing[@]}" >&2 || {
        run_note "apt-get could not install the missing packages"
        return 1
    }
}
