-- The kernel: clock, ids, sessions, replay slots, operation log, history, pushes, drafts.
-- Everything that a business table leans on, and nothing of the business.

-- Extensions are avoided: an administrator's database needs none.

-- One row: what this database is. Only a cluster marked as a test may shift business time.
CREATE TABLE installation (
    only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT installation_only_row_one CHECK (only_row),
    network_number integer NOT NULL CONSTRAINT installation_network_number_range
        CHECK (network_number BETWEEN 1 AND 4095),
    test boolean NOT NULL DEFAULT false,
    clock_shift interval NOT NULL DEFAULT '0',
    CONSTRAINT installation_clock_shift_test CHECK (test OR clock_shift = '0')
);
INSERT INTO installation (network_number) VALUES (1);

-- Epochs: a worker's caches carry the epoch that they were read under.
CREATE TABLE epoch (
    only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT epoch_only_row_one CHECK (only_row),
    rights bigint NOT NULL DEFAULT 1,
    catalogue bigint NOT NULL DEFAULT 1
);
INSERT INTO epoch DEFAULT VALUES;

-- Context of the transaction, set by gate_open() alone.
CREATE FUNCTION gate_setting(name text) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('halldesk.' || name, true), '')::bigint $$;

CREATE FUNCTION gate_actor() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('halldesk.actor', true), '')::bigint $$;
CREATE FUNCTION gate_session() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('halldesk.session', true), '')::bigint $$;
CREATE FUNCTION gate_operation() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('halldesk.operation', true), '')::bigint $$;
CREATE FUNCTION gate_network() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('halldesk.network', true), '')::bigint $$;
CREATE FUNCTION gate_table() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('halldesk.table', true), '') $$;
-- Business time of the transaction; the wall clock where no gate was passed (administration).
CREATE FUNCTION gate_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('halldesk.now', true), '')::timestamptz, now()) $$;

-- Ids: one space over all tables, the high bits are the network of birth. Workers take blocks of 1024.
CREATE SEQUENCE id_block MINVALUE 1;
CREATE SEQUENCE id_single MINVALUE 1;
CREATE FUNCTION id_block_first() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT (network_number::bigint << 44) + nextval('id_block') * 1024 FROM installation $$;
CREATE FUNCTION id_next() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT (network_number::bigint << 44) + (1::bigint << 43) + nextval('id_single') FROM installation $$;

-- Running numbers of generated keys. Blocks are taken in a transaction of their own, so no
-- business transaction waits for another's number; a block lost with a worker leaves a gap.
CREATE TABLE number_series (
    name text PRIMARY KEY,
    next bigint NOT NULL DEFAULT 1
);
CREATE FUNCTION number_block(series text, size integer) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public AS
$$ INSERT INTO number_series AS n (name, next) VALUES (series, 1 + size)
   ON CONFLICT (name) DO UPDATE SET next = n.next + size RETURNING n.next - size $$;

-- Raises when a guarded write did not meet its row; aborts the rest of a pipeline.
CREATE FUNCTION gate_expect(met boolean, state text, detail text) RETURNS void LANGUAGE plpgsql AS
$$ BEGIN
    IF met IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = state, MESSAGE = 'gate_expect', DETAIL = detail;
    END IF;
END $$;

CREATE TABLE permission (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL UNIQUE,
    form integer NOT NULL,          -- the first form that declares it
    verb integer NOT NULL,
    table_name text NOT NULL DEFAULT '', -- the table whose rows its scope limits
    label_zh text NOT NULL DEFAULT '',
    label_en text NOT NULL DEFAULT ''
);

CREATE TABLE form_registry (
    form integer NOT NULL,
    line_path text NOT NULL DEFAULT '',  -- numbers of the line fields, joined by dots
    field integer NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    PRIMARY KEY (form, line_path, field)
);

-- What a person may do, worked out from roles and grants (sql/30_access.sql): a row for each
-- permission, up to four branches of scope. Exact: two grants are never blended into a wider one.
CREATE TABLE access (
    staff_id bigint NOT NULL,
    permission_id bigint NOT NULL REFERENCES permission,
    table_name text NOT NULL,
    detail smallint NOT NULL CONSTRAINT access_detail_known CHECK (detail IN (1, 2)), -- 1 basic, 2 full
    branches smallint NOT NULL CONSTRAINT access_branches_range CHECK (branches BETWEEN 1 AND 4),
    place_1 bigint NOT NULL, classes_1 bigint NOT NULL, own_1 bigint NOT NULL, partner_1 bigint NOT NULL,
    place_2 bigint NOT NULL DEFAULT 0, classes_2 bigint NOT NULL DEFAULT 0, own_2 bigint NOT NULL DEFAULT 0, partner_2 bigint NOT NULL DEFAULT 0,
    place_3 bigint NOT NULL DEFAULT 0, classes_3 bigint NOT NULL DEFAULT 0, own_3 bigint NOT NULL DEFAULT 0, partner_3 bigint NOT NULL DEFAULT 0,
    place_4 bigint NOT NULL DEFAULT 0, classes_4 bigint NOT NULL DEFAULT 0, own_4 bigint NOT NULL DEFAULT 0, partner_4 bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (staff_id, permission_id)
);

CREATE TABLE session (
    id bigint PRIMARY KEY DEFAULT id_next(),
    token_hash bytea NOT NULL UNIQUE,
    staff_id bigint NOT NULL,
    staff_number text NOT NULL,
    organisation_id bigint NOT NULL,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL,
    hall_id bigint NOT NULL,
    language text NOT NULL DEFAULT 'zh',
    address text NOT NULL DEFAULT '',
    line text NOT NULL DEFAULT '',
    state smallint NOT NULL DEFAULT 1 CONSTRAINT session_state_known CHECK (state IN (1, 2, 3)), -- open, locked, ended
    signed_in_at timestamptz NOT NULL DEFAULT now(),
    last_call_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    ended_reason text,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX session_staff ON session (staff_id) WHERE state <> 3;
CREATE INDEX session_open ON session (hall_id, id) WHERE state <> 3;

CREATE TABLE session_slot (
    session_id bigint NOT NULL REFERENCES session ON DELETE CASCADE,
    slot smallint NOT NULL CONSTRAINT session_slot_slot_range CHECK (slot BETWEEN 0 AND 7),
    sequence bigint NOT NULL DEFAULT 0,
    request_hash bytea,
    reply bytea,
    at timestamptz,
    PRIMARY KEY (session_id, slot)
) WITH (fillfactor = 50);

CREATE SEQUENCE operation_number;

-- Append-only for the application; split by month, so that a year can be put away.
CREATE TABLE operation_log (
    id bigint NOT NULL,
    at timestamptz NOT NULL,
    session_id bigint,
    staff_id bigint,
    staff_number text NOT NULL DEFAULT '',
    kind smallint NOT NULL,             -- code list operation_kind: 1 sign-in, 2 error, 3 basic data, 4 business
    form integer NOT NULL,
    verb integer NOT NULL,
    action text NOT NULL,
    object_type text NOT NULL DEFAULT '',
    object_id bigint,
    object_key text NOT NULL DEFAULT '',
    result integer NOT NULL DEFAULT 0,  -- enum status
    detail text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    line text NOT NULL DEFAULT '',
    network_id bigint,
    area_id bigint,
    hall_id bigint,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE operation_log_rest PARTITION OF operation_log DEFAULT;
CREATE INDEX operation_log_hall ON operation_log (hall_id, id);
CREATE INDEX operation_log_staff ON operation_log (staff_number, id);
CREATE INDEX operation_log_object ON operation_log (object_id, id) WHERE object_id IS NOT NULL;

CREATE TABLE history (
    at timestamptz NOT NULL,
    table_name text NOT NULL,
    id bigint NOT NULL,          -- the head's id
    line_id bigint,
    version bigint NOT NULL,
    actor bigint NOT NULL,
    session bigint,
    operation bigint,
    kind "char" NOT NULL,        -- I, U, R
    changes jsonb NOT NULL       -- {"column": [old, new]}
) PARTITION BY RANGE (at);
CREATE TABLE history_rest PARTITION OF history DEFAULT;
CREATE INDEX history_record ON history (id, at);

-- Makes the partitions of a month; the scheduler calls it ahead of need.
CREATE FUNCTION month_open(first_day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS
$$
DECLARE
    parent text;
    child text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['operation_log', 'history'] LOOP
        child := parent || to_char(first_day, '_YYYYMM');
        IF to_regclass(child) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', child, parent,
                           first_day, first_day + interval '1 month');
            -- Reached through its parent only: a partition has no row-level security of its own.
            EXECUTE format('REVOKE ALL ON %I FROM halldesk_app', child);
        END IF;
    END LOOP;
END $$;
SELECT month_open(date_trunc('month', now() + i * interval '1 month')::date) FROM generate_series(0, 2) i;

-- Towards terminals: the notifier reads what is new and hands it to the gateways.
CREATE TABLE push (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    session_token_hash bytea,    -- NULL: everybody
    kind integer NOT NULL,
    payload bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- What a person had typed when the line was lost, or put aside; a row for each task.
CREATE TABLE draft (
    staff_id bigint NOT NULL,
    task smallint NOT NULL,
    form integer NOT NULL,
    form_hash bigint NOT NULL,
    record_id bigint NOT NULL DEFAULT 0,
    record_version bigint NOT NULL DEFAULT 0,
    body bytea NOT NULL CONSTRAINT draft_body_size CHECK (length(body) <= 262144),
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (staff_id, task)
);

-- Opens the transaction: who, what, where, when, and whether this request was answered before.
-- Refusals are raised, so that the rest of the pipeline does nothing. SQLSTATEs: HD0nn is status nn
-- of the protocol; HD101 stale rights, HD102 replay (the stored reply is to be sent). Returns the
-- business time in microseconds.
-- Plans are kept for as long as a worker lives, also from the morning when there were three sessions.
CREATE FUNCTION gate_open(p_token bytea, p_epoch bigint, p_catalogue bigint, p_permission bigint,
                          p_slot smallint, p_sequence bigint, p_hash bytea) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET enable_seqscan = off AS
$$
DECLARE
    r record;
    business timestamptz := now();
BEGIN
    -- Held before the slot is read: what is read under the lock is what a first run has committed.
    IF p_slot IS NOT NULL AND NOT pg_try_advisory_xact_lock(hashtextextended(encode(p_token, 'base64'), p_slot)) THEN
        RAISE EXCEPTION USING ERRCODE = 'HD008', MESSAGE = 'in progress';
    END IF;
    -- Everything that is always set is set by the one query, which costs a third of statements of its own;
    -- a refusal below takes it back with the transaction. What has its usual value is left out, and
    -- read as that.
    SELECT s.id, s.state, s.last_call_at, e.rights, e.catalogue, i.clock_shift, i.test,
           a.table_name, a.branches, a.classes_1, a.own_1, a.partner_1,
           a.place_2, a.classes_2, a.own_2, a.partner_2, a.place_3, a.classes_3, a.own_3, a.partner_3,
           a.place_4, a.classes_4, a.own_4, a.partner_4, l.sequence, l.request_hash,
           set_config('halldesk.actor', s.staff_id::text, true),
           set_config('halldesk.session', s.id::text, true),
           set_config('halldesk.network', s.network_id::text, true),
           CASE WHEN a.table_name <> '' THEN set_config('halldesk.table', a.table_name, true) END,
           CASE WHEN a.table_name <> '' THEN set_config('halldesk.p1', a.place_1::text, true) END,
           CASE WHEN p_slot IS NOT NULL THEN set_config('halldesk.operation', nextval('operation_number')::text, true) END
      INTO r
      FROM session s
      JOIN epoch e ON e.only_row
      JOIN installation i ON i.only_row
      LEFT JOIN access a ON a.staff_id = s.staff_id AND a.permission_id = p_permission
      LEFT JOIN session_slot l ON l.session_id = s.id AND l.slot = p_slot
     WHERE s.token_hash = p_token;
    IF r.id IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'HD009', MESSAGE = 'no session';
    ELSIF r.state = 3 THEN
        RAISE EXCEPTION USING ERRCODE = 'HD027', MESSAGE = 'session ended';
    ELSIF r.rights <> p_epoch OR r.catalogue <> p_catalogue THEN
        RAISE EXCEPTION USING ERRCODE = 'HD101', MESSAGE = 'stale cache';
    ELSIF r.state = 2 AND p_permission <> 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'HD010', MESSAGE = 'terminal locked';
    ELSIF p_permission <> 0 AND r.table_name IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'HD002', MESSAGE = 'no permission';
    END IF;
    IF p_slot IS NOT NULL AND p_sequence <= r.sequence THEN
        IF p_sequence = r.sequence AND r.request_hash = p_hash THEN
            RAISE EXCEPTION USING ERRCODE = 'HD102', MESSAGE = 'replay';
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'HD007', MESSAGE = 'changed request';
    END IF;
    IF r.test AND r.clock_shift <> '0' THEN
        business := business + r.clock_shift;
        PERFORM set_config('halldesk.now', business::text, true);
    END IF;
    IF r.table_name <> '' AND (r.classes_1 <> -1 OR r.own_1 <> 0 OR r.partner_1 <> 0) THEN
        PERFORM set_config('halldesk.c1', r.classes_1::text, true),
                set_config('halldesk.o1', r.own_1::text, true),
                set_config('halldesk.r1', r.partner_1::text, true);
    END IF;
    IF r.branches > 1 THEN
        PERFORM set_config('halldesk.p2', r.place_2::text, true), set_config('halldesk.c2', r.classes_2::text, true),
                set_config('halldesk.o2', r.own_2::text, true), set_config('halldesk.r2', r.partner_2::text, true),
                set_config('halldesk.p3', r.place_3::text, true), set_config('halldesk.c3', r.classes_3::text, true),
                set_config('halldesk.o3', r.own_3::text, true), set_config('halldesk.r3', r.partner_3::text, true),
                set_config('halldesk.p4', r.place_4::text, true), set_config('halldesk.c4', r.classes_4::text, true),
                set_config('halldesk.o4', r.own_4::text, true), set_config('halldesk.r4', r.partner_4::text, true);
    END IF;
    IF r.last_call_at < now() - interval '1 minute' THEN
        UPDATE session SET last_call_at = now() WHERE session.id = r.id;
    END IF;
    RETURN extract(epoch FROM business) * 1000000;
END $$;

-- Closes it: the operation log, and the reply that a repetition of the request will hear.
CREATE FUNCTION gate_close(p_form integer, p_verb integer, p_action text, p_kind smallint, p_object_type text,
                           p_object_id bigint, p_object_key text, p_detail text,
                           p_slot smallint, p_sequence bigint, p_hash bytea, p_reply bytea)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET enable_seqscan = off AS
$$
BEGIN
    INSERT INTO operation_log (id, at, session_id, staff_id, staff_number, kind, form, verb, action, object_type,
                               object_id, object_key, detail, address, line, network_id, area_id, hall_id)
    SELECT coalesce(gate_operation(), nextval('operation_number')), gate_now(), s.id, s.staff_id, s.staff_number, p_kind, p_form, p_verb, p_action,
           p_object_type, p_object_id, p_object_key, p_detail, s.address, s.line, s.network_id, s.area_id, s.hall_id
      FROM session s WHERE s.id = gate_session();
    IF p_slot IS NOT NULL THEN
        UPDATE session_slot SET sequence = p_sequence, request_hash = p_hash, reply = p_reply, at = now()
         WHERE session_id = gate_session() AND slot = p_slot;
    END IF;
END $$;

-- The stored reply of a repeated request.
CREATE FUNCTION gate_replay(p_token bytea, p_slot smallint, p_sequence bigint) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT l.reply FROM session s JOIN session_slot l ON l.session_id = s.id
    WHERE s.token_hash = p_token AND l.slot = p_slot AND l.sequence = p_sequence $$;

-- A refused or failed operation, logged after its transaction is gone.
CREATE FUNCTION gate_refused(p_token bytea, p_form integer, p_verb integer, p_action text, p_object_type text,
                             p_object_id bigint, p_result integer, p_detail text, p_address text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ INSERT INTO operation_log (id, at, session_id, staff_id, staff_number, kind, form, verb, action, object_type, object_id,
                              result, detail, address, line, network_id, area_id, hall_id)
   SELECT nextval('operation_number'), now() + i.clock_shift, s.id, s.staff_id, coalesce(s.staff_number, ''), 2, p_form, p_verb, p_action,
          p_object_type, p_object_id, p_result, p_detail, coalesce(s.address, p_address), coalesce(s.line, ''),
          s.network_id, s.area_id, s.hall_id
     FROM installation i LEFT JOIN session s ON s.token_hash = p_token $$;

-- Row-level security of a table that carries network_id, area_id and hall_id: inside the network
-- everything that a decision may have to read; of the table that the permission in effect is about
-- only what its scope covers. class, responsible and partner name further columns, or are NULL.
CREATE FUNCTION scope_policy(p_table text, p_class text, p_responsible text, p_partner text) RETURNS void
LANGUAGE plpgsql AS
$$
DECLARE
    branch text := '';
    n integer;
    condition text;
BEGIN
    FOR n IN 1..4 LOOP
        condition := format('(hall_id = gate_setting(''p%1$s'') OR area_id = gate_setting(''p%1$s'') OR network_id = gate_setting(''p%1$s''))', n);
        IF p_class IS NOT NULL THEN
            condition := condition || format(' AND ((1::bigint << coalesce(%2$I, 0)) & coalesce(gate_setting(''c%1$s''), -1)) <> 0', n, p_class);
        END IF;
        IF p_responsible IS NOT NULL THEN
            condition := condition || format(' AND (coalesce(gate_setting(''o%1$s''), 0) = 0 OR %2$I = gate_actor())', n, p_responsible);
        END IF;
        IF p_partner IS NOT NULL THEN
            condition := condition || format(' AND (coalesce(gate_setting(''r%1$s''), 0) = 0 OR %2$I = gate_setting(''r%1$s''))', n, p_partner);
        END IF;
        branch := branch || ' OR (' || condition || ')';
    END LOOP;
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('CREATE POLICY scope_read ON %I FOR SELECT USING (network_id = gate_network() AND (gate_table() IS DISTINCT FROM %L%s))', p_table, p_table, branch);
    EXECUTE format('CREATE POLICY scope_insert ON %I FOR INSERT WITH CHECK (network_id = gate_network())', p_table);
    EXECUTE format('CREATE POLICY scope_update ON %I FOR UPDATE USING (network_id = gate_network() AND (gate_table() IS DISTINCT FROM %L%s)) WITH CHECK (network_id = gate_network())', p_table, p_table, branch);
    EXECUTE format('CREATE POLICY scope_delete ON %I FOR DELETE USING (network_id = gate_network() AND (gate_table() IS DISTINCT FROM %L%s))', p_table, p_table, branch);
END $$;

-- Rows of the network, whatever the permission: lookup tables that carry network_id only.
CREATE FUNCTION network_policy(p_table text) RETURNS void LANGUAGE plpgsql AS
$$
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('CREATE POLICY network ON %I USING (network_id = gate_network()) WITH CHECK (network_id = gate_network())', p_table);
END $$;
