-- Limits with warning and alarm: policies by measure and grade; alarms that are set, raised and
-- cleared; filters that keep known ones quiet.

CREATE TABLE limit_policy (
    id bigint PRIMARY KEY DEFAULT id_next(),
    number text NOT NULL UNIQUE,
    name text NOT NULL,
    measure smallint NOT NULL,          -- code list limit_measure
    grade smallint,                     -- of what is measured; NULL: of any
    condition text,                     -- expression over the record of the call that is checked
    warning_at bigint,
    alarm_at bigint,
    refuse_at bigint,
    action smallint NOT NULL DEFAULT 1, -- code list limit_action: 1 none, 2 notice, 3 work item
    organisation_id bigint REFERENCES organisation,
    role_id bigint REFERENCES role,
    staff_id bigint REFERENCES staff,
    due_minutes integer CONSTRAINT limit_policy_due_minutes_range CHECK (due_minutes > 0),
    status smallint NOT NULL DEFAULT 1 CONSTRAINT limit_policy_status_known CHECK (status IN (1, 2)),
    network_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT limit_policy_alarm_at_rising CHECK (alarm_at >= warning_at),
    CONSTRAINT limit_policy_refuse_at_rising CHECK (refuse_at >= coalesce(alarm_at, warning_at)),
    CONSTRAINT limit_policy_warning_at_given CHECK (coalesce(warning_at, alarm_at, refuse_at) IS NOT NULL),
    CONSTRAINT limit_policy_organisation_id_needed CHECK (action = 1 OR organisation_id IS NOT NULL OR staff_id IS NOT NULL)
);
CREATE INDEX limit_policy_measure ON limit_policy (measure) WHERE status = 1;
SELECT network_policy('limit_policy');

CREATE SEQUENCE alarm_number;
CREATE TABLE alarm (
    id bigint PRIMARY KEY DEFAULT id_next(),
    number text NOT NULL UNIQUE DEFAULT 'A' || lpad(nextval('alarm_number')::text, 8, '0'),
    limit_policy_id bigint NOT NULL REFERENCES limit_policy,
    measure smallint NOT NULL,
    form text NOT NULL,
    record_id bigint NOT NULL,
    record_key text NOT NULL DEFAULT '',
    level smallint NOT NULL CONSTRAINT alarm_level_known CHECK (level IN (1, 2)), -- code list alarm_level: warning, alarm
    value bigint NOT NULL,
    highest bigint NOT NULL,
    filtered boolean NOT NULL DEFAULT false,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT alarm_status_known CHECK (status IN (1, 2, 3)), -- set, acknowledged, cleared
    set_at timestamptz NOT NULL,
    acknowledged_by bigint REFERENCES staff,
    acknowledged_at timestamptz,
    cleared_by bigint REFERENCES staff,
    cleared_at timestamptz,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX alarm_open ON alarm (limit_policy_id, record_id) WHERE status <> 3;
CREATE INDEX alarm_hall ON alarm (hall_id, id);
CREATE INDEX alarm_area ON alarm (area_id, id);
CREATE INDEX alarm_network ON alarm (network_id, id);
SELECT scope_policy('alarm', NULL, NULL, NULL);

-- An alarm that a filter covers is kept, but nobody is told.
CREATE TABLE alarm_filter (
    id bigint PRIMARY KEY DEFAULT id_next(),
    number text NOT NULL UNIQUE,
    limit_policy_id bigint REFERENCES limit_policy,
    measure smallint,
    level smallint CONSTRAINT alarm_filter_level_known CHECK (level IN (1, 2)), -- only these; NULL: both
    record_key text,
    valid_from timestamptz NOT NULL,
    valid_to timestamptz,
    reason text NOT NULL,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT alarm_filter_status_known CHECK (status IN (1, 2)),
    network_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT alarm_filter_measure_given CHECK (limit_policy_id IS NOT NULL OR measure IS NOT NULL),
    CONSTRAINT alarm_filter_valid_to_order CHECK (valid_to >= valid_from)
);
SELECT network_policy('alarm_filter');

-- Sets the alarm of a policy about a record, or raises and renews the one that is set. Whoever the
-- policy names is told when it is set and when it becomes graver.
CREATE FUNCTION alarm_put(p_policy bigint, p_form text, p_record bigint, p_key text, p_value bigint, p_level integer,
                          p_area bigint, p_hall bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    p limit_policy;
    old alarm;
    quiet boolean;
    about text;
BEGIN
    SELECT * INTO STRICT p FROM limit_policy WHERE id = p_policy;
    quiet := EXISTS (SELECT FROM alarm_filter f WHERE f.status = 1 AND f.network_id = p.network_id AND (f.limit_policy_id IS NULL OR f.limit_policy_id = p.id)
        AND (f.measure IS NULL OR f.measure = p.measure) AND (f.level IS NULL OR f.level = p_level) AND (f.record_key IS NULL OR f.record_key = p_key)
        AND f.valid_from <= gate_now() AND (f.valid_to IS NULL OR f.valid_to >= gate_now()));
    SELECT * INTO old FROM alarm WHERE limit_policy_id = p_policy AND record_id = p_record AND status <> 3 FOR UPDATE;
    IF FOUND THEN
        IF (old.value, old.level) IS DISTINCT FROM (p_value, p_level::smallint) THEN
            UPDATE alarm SET value = p_value, highest = greatest(highest, p_value), level = p_level, filtered = quiet,
                   status = CASE WHEN p_level > old.level THEN 1 ELSE status END, version = version + 1 WHERE id = old.id;
        END IF;
    ELSE
        INSERT INTO alarm (limit_policy_id, measure, form, record_id, record_key, level, value, highest, filtered, set_at, network_id, area_id, hall_id)
        VALUES (p_policy, p.measure, p_form, p_record, p_key, p_level, p_value, p_value, quiet, gate_now(), p.network_id, coalesce(p_area, 0), coalesce(p_hall, 0))
        ON CONFLICT DO NOTHING;
    END IF;
    IF quiet OR p.action = 1 OR old.level >= p_level THEN
        RETURN;
    END IF;
    about := p.name || ' ' || p_key || ' ' || p_value;
    IF p.action = 3 THEN
        INSERT INTO work_item (kind, subject, form, record_id, organisation_id, role_id, staff_id, due_at, created_at, network_id)
        VALUES ('alarm', about, p_form, p_record, p.organisation_id, p.role_id, p.staff_id, gate_now() + make_interval(mins => p.due_minutes), gate_now(), p.network_id);
    ELSE
        INSERT INTO push (session_token_hash, kind, payload)
        SELECT t, 1, push_text(CASE p_level WHEN 1 THEN 'notice.limit_warning' ELSE 'notice.limit_alarm' END || E'\t' || about)
          FROM (SELECT token_hash AS t FROM session WHERE state <> 3 AND (staff_id = p.staff_id
                    OR (p.staff_id IS NULL AND p.role_id IS NULL AND organisation_id = p.organisation_id))
                UNION SELECT r FROM role_sessions(p.role_id, p.organisation_id) r WHERE p.staff_id IS NULL AND p.role_id IS NOT NULL) x;
    END IF;
END $$;

CREATE FUNCTION alarm_clear(p_policy bigint, p_record bigint, p_value bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ UPDATE alarm SET status = 3, value = p_value, cleared_at = gate_now(), version = version + 1
    WHERE limit_policy_id = p_policy AND record_id = p_record AND status <> 3 $$;

-- Measures that are watched without a call: the member of code list limit_measure names the function
-- ("watch=limit_…"), which returns what it found, one row a record.
CREATE FUNCTION limit_sign_in_failures() RETURNS TABLE (form text, record_id bigint, record_key text, grade smallint, value bigint, network_id bigint, area_id bigint, hall_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT 'staff', s.id, s.number, s.kind, c.failures::bigint, s.network_id, s.area_id, s.hall_id FROM credential c JOIN staff s ON s.id = c.staff_id WHERE c.failures > 0 $$;
CREATE FUNCTION limit_work_overdue() RETURNS TABLE (form text, record_id bigint, record_key text, grade smallint, value bigint, network_id bigint, area_id bigint, hall_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT 'organisation', o.id, o.code, o.kind, count(*), o.network_id, o.area_id, o.hall_id FROM work_item w JOIN organisation o ON o.id = w.organisation_id
    WHERE w.status IN (1, 2) AND w.due_at < gate_now() GROUP BY o.id $$;
REVOKE EXECUTE ON FUNCTION limit_sign_in_failures(), limit_work_overdue() FROM PUBLIC;

CREATE FUNCTION duty_limit_watch() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    m record;
    x record;
    seen bigint[];
    n integer := 0;
BEGIN
    FOR m IN SELECT c.number, substring(c.attributes FROM 'watch=(limit_[a-z0-9_]+)') AS watch FROM code c
              WHERE c.list = 'limit_measure' AND c.attributes ~ 'watch=limit_'
                AND EXISTS (SELECT FROM limit_policy p WHERE p.measure = c.number) LOOP
        seen := '{}';
        -- Of the policies of a network the one of the grade goes before the one of any.
        FOR x IN EXECUTE format(
            'SELECT DISTINCT ON (v.record_id) p.id AS policy, v.*, CASE WHEN v.value >= p.alarm_at THEN 2 WHEN v.value >= p.warning_at THEN 1 END AS level
               FROM %I() v JOIN limit_policy p ON p.network_id = v.network_id AND p.measure = $1 AND p.status = 1 AND p.condition IS NULL
                AND (p.grade IS NULL OR p.grade = v.grade) ORDER BY v.record_id, p.grade NULLS LAST, p.id', m.watch) USING m.number LOOP
            IF x.level IS NOT NULL THEN
                PERFORM alarm_put(x.policy, x.form, x.record_id, x.record_key, x.value, x.level, x.area_id, x.hall_id);
                seen := seen || x.record_id;
                n := n + 1;
            END IF;
        END LOOP;
        UPDATE alarm SET status = 3, cleared_at = gate_now(), version = version + 1
         WHERE measure = m.number AND status <> 3 AND NOT record_id = ANY (seen);
    END LOOP;
    RETURN least(n, 199);
END $$;
INSERT INTO duty (name, function, every) VALUES ('limit.watch', 'duty_limit_watch', '10 seconds');
