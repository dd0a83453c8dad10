# shellcheck shell=bash
# A private throw-away cluster in one directory: to be sourced after lib.sh. Never the system's cluster.

# cluster_start DIR [LINE...]: makes and starts a cluster in DIR, with LINEs for postgresql.conf, and points PGHOST,
# PGPORT, PGUSER and PGDATABASE at it. POSTGRES_PROGRAM may be what is started in postgres's place. Connections by socket need no password: DIR is open to its owner alone.
cluster_start() {
    local dir=$1 bindir
    shift
    bindir=$(pg_bindir)
    as_server_user "$bindir/initdb" --pgdata="$dir/data" --username=postgres --auth-local=trust \
        --auth-host=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1 || {
        cat "$dir/initdb.log" >&2
        die "initdb failed"
    }
    {
        echo "unix_socket_directories = '$dir'"
        echo "listen_addresses = ''"
        echo "port = 5432"
        echo "fsync = off"
        echo "log_line_prefix = '%m [%p] %q%a '"
        echo "timezone = 'UTC'"
        echo "lc_messages = 'C'"
        printf '%s\n' "$@"
    } >>"$dir/data/postgresql.conf"
    as_server_user "$bindir/pg_ctl" start --silent --wait --timeout=60 --pgdata="$dir/data" --log="$dir/server.log" \
        -p "${POSTGRES_PROGRAM:-$bindir/postgres}" </dev/null >"$dir/start.log" 2>&1 || {
        cat "$dir/start.log" >&2
        tail -n 20 "$dir/server.log" >&2 || true
        die "the server did not start"
    }
    export QUERY_AUDIT_CLUSTER=$dir PGHOST=$dir PGUSER=postgres PGDATABASE=postgres PGPORT
    PGPORT=$(sed -n "s/^port = //p" "$dir/data/postgresql.conf" | tail -n 1)
    PATH=$bindir:$PATH
}

# cluster_stop DIR: stops the cluster, whatever its state, and removes DIR.
cluster_stop() {
    local dir=$1 bindir
    bindir=$(pg_bindir)
    if [ -f "$dir/data/postmaster.pid" ]; then
        as_server_user "$bindir/pg_ctl" stop --silent --mode=fast --timeout=30 --pgdata="$dir/data" >/dev/null 2>&1 ||
            as_server_user "$bindir/pg_ctl" stop --silent --mode=immediate --pgdata="$dir/data" >/dev/null 2>&1 || true
    fi
    rm -rf "$dir"
}

# cluster_crashes DIR: prints what the server's log says of processes that died; true when there is any.
cluster_crashes() {
    grep -E 'was terminated by signal|PANIC:|TRAP:|exited with exit code (2|127|134|139)' "$1/server.log"
}
