-- Mechanisms that every domain uses: settings, outbox and inbox of neighbours, work items, jobs,
-- notices, attachments.

CREATE TABLE setting (
    id bigint PRIMARY KEY DEFAULT id_next(),
    name text NOT NULL UNIQUE,
    value text NOT NULL,
    title_zh text NOT NULL DEFAULT '',
    title_en text NOT NULL DEFAULT '',
    version bigint NOT NULL DEFAULT 1
);
CREATE TRIGGER setting_epoch AFTER INSERT OR UPDATE OR DELETE ON setting FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();

-- Out: heads of streams go first, so that a cancellation never overtakes its order.
CREATE TABLE outbox_message (
    id bigint PRIMARY KEY DEFAULT id_next(),
    neighbour text NOT NULL,
    stream text NOT NULL,
    sequence bigint NOT NULL,
    type text NOT NULL,
    payload text NOT NULL,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT outbox_message_status_known CHECK (status IN (1, 2, 3)), -- waiting, sent, poisoned
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    error text NOT NULL DEFAULT '',
    network_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT outbox_message_sequence_unique UNIQUE (neighbour, stream, sequence)
);
CREATE INDEX outbox_message_waiting ON outbox_message (neighbour, stream, sequence) WHERE status <> 2;
SELECT network_policy('outbox_message');

CREATE TABLE stream (
    neighbour text NOT NULL,
    stream text NOT NULL,
    next bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (neighbour, stream)
);

CREATE FUNCTION outbox_put(p_neighbour text, p_stream text, p_type text, p_payload text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ WITH s AS (INSERT INTO stream AS t (neighbour, stream, next) VALUES (p_neighbour, p_stream, 2)
              ON CONFLICT (neighbour, stream) DO UPDATE SET next = t.next + 1 RETURNING t.next - 1 AS sequence)
   INSERT INTO outbox_message (neighbour, stream, sequence, type, payload, network_id, next_at, created_at)
   SELECT p_neighbour, p_stream, s.sequence, p_type, p_payload, gate_network(), now(), gate_now() FROM s $$;

-- In: unique on their id, so that a repeated message has no second effect.
CREATE TABLE inbox_message (
    id bigint PRIMARY KEY DEFAULT id_next(),
    neighbour text NOT NULL,
    external_id text NOT NULL,
    type text NOT NULL,
    payload text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    result text NOT NULL DEFAULT '',
    network_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT inbox_message_external_id_once UNIQUE (neighbour, external_id)
);
SELECT network_policy('inbox_message');

-- What a terminal is told: the protocol's text (length, then bytes) as the body of a push.
CREATE FUNCTION push_text(p_text text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS
$$
DECLARE
    body bytea := convert_to(p_text, 'UTF8');
    rest integer := length(body);
    head bytea := '';
BEGIN
    LOOP
        head := head || set_byte('\x00'::bytea, 0, CASE WHEN rest > 127 THEN (rest & 127) | 128 ELSE rest END);
        rest := rest >> 7;
        EXIT WHEN rest = 0;
    END LOOP;
    RETURN head || body;
END $$;

CREATE FUNCTION notice_put(p_staff bigint, p_message text, p_parameter text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ INSERT INTO push (session_token_hash, kind, payload)
   SELECT token_hash, 1, push_text(p_message || E'\t' || coalesce(p_parameter, '')) FROM session WHERE staff_id = p_staff AND state <> 3 $$;

-- One inbox of work: an item waits for an organisation (or for those who hold a role there) until
-- somebody claims it, or for a person. What happens to it: sql/46_work.sql.
CREATE SEQUENCE work_item_number;
CREATE TABLE work_item (
    id bigint PRIMARY KEY DEFAULT id_next(),
    number text NOT NULL UNIQUE DEFAULT 'T' || lpad(nextval('work_item_number')::text, 8, '0'),
    kind text NOT NULL DEFAULT '',      -- a name of code list work_kind, or one of the domain's own; '': that of kind_code
    kind_code smallint NOT NULL DEFAULT 1, -- code list work_kind; 1: any other
    subject text NOT NULL DEFAULT '',
    form text NOT NULL DEFAULT '',
    record_id bigint,
    organisation_id bigint REFERENCES organisation,
    role_id bigint REFERENCES role,
    staff_id bigint REFERENCES staff,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT work_item_status_known CHECK (status IN (1, 2, 3, 4)), -- waiting, claimed, done, withdrawn
    priority smallint NOT NULL DEFAULT 2,
    due_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    claimed_at timestamptz,
    done_at timestamptz,
    handed_from bigint REFERENCES staff,
    handed_at timestamptz,
    note text NOT NULL DEFAULT '',
    result text,
    reminded_at timestamptz,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT work_item_organisation_id_needed CHECK (organisation_id IS NOT NULL OR staff_id IS NOT NULL),
    CONSTRAINT work_item_staff_id_needed CHECK (status <> 2 OR staff_id IS NOT NULL)
);
CREATE INDEX work_item_organisation ON work_item (organisation_id, id) WHERE status = 1;
CREATE INDEX work_item_staff ON work_item (staff_id, id) WHERE status IN (1, 2);
CREATE INDEX work_item_record ON work_item (record_id);
CREATE INDEX work_item_due ON work_item (due_at) WHERE status IN (1, 2) AND reminded_at IS NULL;
CREATE INDEX work_item_hall ON work_item (hall_id, id);
CREATE INDEX work_item_area ON work_item (area_id, id);
CREATE INDEX work_item_network ON work_item (network_id, id);
SELECT scope_policy('work_item', NULL, NULL, NULL);

-- The place follows whom the item waits for, and the kind's number its name (triggers of sql/46_work.sql).
CREATE FUNCTION work_item_put(p_kind text, p_organisation bigint, p_staff bigint, p_form text, p_record bigint, p_subject text, p_due timestamptz)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ INSERT INTO work_item (kind, subject, form, record_id, organisation_id, staff_id, due_at, created_at, network_id)
   VALUES (p_kind, coalesce(p_subject, ''), coalesce(p_form, ''), p_record, coalesce(p_organisation, (SELECT organisation_id FROM staff WHERE id = p_staff)),
           p_staff, p_due, gate_now(), gate_network()) $$;

-- Long work: a row for the job, its result in lines. The scheduler runs it through operations.
CREATE TABLE job (
    id bigint PRIMARY KEY DEFAULT id_next(),
    kind text NOT NULL,                 -- import, export, bulk, periodic …
    form text NOT NULL DEFAULT '',
    title text NOT NULL DEFAULT '',
    parameters jsonb NOT NULL DEFAULT '{}',
    status smallint NOT NULL DEFAULT 1 CONSTRAINT job_status_known CHECK (status IN (1, 2, 3, 4, 5)), -- waiting, running, done, failed, cancelled
    due_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at timestamptz,
    done bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    position bigint NOT NULL DEFAULT 0, -- where to go on after a stop
    message text NOT NULL DEFAULT '',
    staff_id bigint NOT NULL REFERENCES staff,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX job_due ON job (due_at) WHERE status IN (1, 2);
SELECT scope_policy('job', NULL, 'staff_id', NULL);
CREATE TABLE job_line (
    job_id bigint NOT NULL REFERENCES job ON DELETE CASCADE,
    line bigint NOT NULL,
    status smallint NOT NULL,           -- 1 done, 2 refused
    record_id bigint,
    key text NOT NULL DEFAULT '',
    faults text NOT NULL DEFAULT '',    -- one fault a row: field TAB name TAB parameters
    source text NOT NULL DEFAULT '',    -- the rejected line as it came
    PRIMARY KEY (job_id, line)
);

CREATE TABLE document (
    hash bytea PRIMARY KEY CONSTRAINT document_hash_sha256 CHECK (length(hash) = 32),
    content bytea NOT NULL CONSTRAINT document_content_size CHECK (length(content) <= 16777216),
    stored_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE attachment (
    id bigint PRIMARY KEY DEFAULT id_next(),
    form text NOT NULL,
    record_id bigint NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL DEFAULT 'application/octet-stream',
    note text NOT NULL DEFAULT '',
    size bigint NOT NULL,
    hash bytea NOT NULL REFERENCES document,
    archived boolean NOT NULL DEFAULT false,
    status smallint NOT NULL DEFAULT 1,
    staff_id bigint NOT NULL,
    attached_at timestamptz NOT NULL DEFAULT now(),
    network_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX attachment_record ON attachment (record_id, id);
SELECT network_policy('attachment');

-- What a home screen shows, with home_work() of sql/46_work.sql: domains replace these by wider ones.
CREATE FUNCTION home_notices() RETURNS TABLE (id bigint, at timestamptz, sender text, subject text) LANGUAGE sql STABLE AS
$$ SELECT 0::bigint, now(), ''::text, ''::text WHERE false $$;
CREATE FUNCTION home_figures() RETURNS TABLE (name text, value text) LANGUAGE sql STABLE AS
$$ SELECT ''::text, ''::text WHERE false $$;

CREATE FUNCTION workspace_save(p_workspace jsonb) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ UPDATE staff SET workspace = p_workspace WHERE id = gate_actor() $$;
CREATE FUNCTION language_save(p_language text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ UPDATE staff SET language = p_language WHERE id = gate_actor();
   UPDATE session SET language = p_language WHERE id = gate_session() $$;

-- Soft locks tell the second person who has a record open; they hinder nobody.
CREATE TABLE record_open (
    form integer NOT NULL,
    record_id bigint NOT NULL,
    session_id bigint NOT NULL REFERENCES session ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (form, record_id, session_id)
);
CREATE FUNCTION soft_lock(p_form integer, p_record bigint, p_take boolean) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE other text;
BEGIN
    DELETE FROM record_open o WHERE o.form = p_form AND o.record_id = p_record
       AND (o.session_id = gate_session() OR o.at < now() - interval '30 minutes'
            OR EXISTS (SELECT FROM session s WHERE s.id = o.session_id AND s.state = 3));
    SELECT p.name INTO other FROM record_open o JOIN session s ON s.id = o.session_id JOIN party p ON p.id = s.staff_id
     WHERE o.form = p_form AND o.record_id = p_record AND s.staff_id <> gate_actor() ORDER BY o.at LIMIT 1;
    IF p_take THEN
        INSERT INTO record_open VALUES (p_form, p_record, gate_session());
    END IF;
    RETURN coalesce(other, '');
END $$;

-- Views behind read-only forms.
CREATE VIEW operation_view WITH (security_invoker = true) AS
SELECT id, id::text AS number, at, staff_number, kind, action, object_type, object_id, object_key, result, detail, address, line, network_id, area_id, hall_id
  FROM operation_log;
CREATE VIEW session_view WITH (security_invoker = true) AS
SELECT s.id, s.id::text AS number, s.staff_number, p.name AS staff_name, s.hall_id, s.area_id, s.network_id, s.signed_in_at, s.last_call_at, s.address, s.line,
       (s.state = 2) AS locked
  FROM session s JOIN party p ON p.id = s.staff_id WHERE s.state <> 3;
CREATE VIEW code_list_view WITH (security_invoker = true) AS
SELECT row_number() OVER (ORDER BY l.name) AS id, l.name, l.title_zh, l.title_en, count(c.id) AS members
  FROM code_list l LEFT JOIN code c ON c.list = l.name GROUP BY l.name, l.title_zh, l.title_en;
