-- Reminders of dates: rules over any form, run as sets.

CREATE TABLE reminder_rule (
    id bigint PRIMARY KEY DEFAULT id_next(),
    number text NOT NULL UNIQUE,
    name text NOT NULL,
    form text NOT NULL,
    field text NOT NULL,
    days_before integer NOT NULL CONSTRAINT reminder_rule_days_before_range CHECK (days_before BETWEEN -3650 AND 3650),
    condition text,
    action smallint NOT NULL DEFAULT 3 CONSTRAINT reminder_rule_action_known CHECK (action IN (2, 3)), -- code list limit_action: notice, work item
    kind_code smallint NOT NULL DEFAULT 2, -- code list work_kind
    to_responsible boolean NOT NULL DEFAULT false, -- who is responsible for the record, if anybody is
    organisation_id bigint REFERENCES organisation,
    role_id bigint REFERENCES role,
    staff_id bigint REFERENCES staff,
    due_on_day boolean NOT NULL DEFAULT true, -- the work is due on the date itself
    statement text NOT NULL DEFAULT '',  -- made by the decision that saves the rule, by nobody else
    literals text NOT NULL DEFAULT '',
    error text NOT NULL DEFAULT '',      -- why the last round failed
    status smallint NOT NULL DEFAULT 1 CONSTRAINT reminder_rule_status_known CHECK (status IN (1, 2)),
    network_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1
);
SELECT network_policy('reminder_rule');

-- Of each date once; a record whose date moves is reminded of anew.
CREATE TABLE reminder_done (
    reminder_rule_id bigint NOT NULL REFERENCES reminder_rule,
    record_id bigint NOT NULL,
    day date NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (reminder_rule_id, record_id, day)
);
REVOKE INSERT, UPDATE, DELETE ON reminder_done FROM halldesk_app;

CREATE FUNCTION reminder_tell(r reminder_rule, p_record bigint, p_about text, p_day date, p_responsible bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    person bigint := CASE WHEN r.to_responsible THEN coalesce(p_responsible, r.staff_id) ELSE r.staff_id END;
    office bigint := CASE WHEN person IS NULL THEN r.organisation_id ELSE (SELECT organisation_id FROM staff WHERE id = person) END;
    role bigint := CASE WHEN person IS NULL THEN r.role_id END;
BEGIN
    IF office IS NULL THEN
        RETURN;
    ELSIF r.action = 3 THEN
        INSERT INTO work_item (kind_code, subject, form, record_id, organisation_id, role_id, staff_id, due_at, created_at, network_id)
        VALUES (r.kind_code, p_about, r.form, p_record, office, role, person, CASE WHEN r.due_on_day THEN p_day + 1 END, gate_now(), r.network_id);
    ELSE
        INSERT INTO push (session_token_hash, kind, payload)
        SELECT t, 1, push_text('notice.reminder' || E'\t' || p_about)
          FROM (SELECT token_hash AS t FROM session WHERE state <> 3 AND (staff_id = person
                    OR (person IS NULL AND role IS NULL AND organisation_id = office))
                UNION SELECT x FROM role_sessions(role, office) x WHERE role IS NOT NULL) y;
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION reminder_tell(reminder_rule, bigint, text, date, bigint) FROM PUBLIC;

-- Runs a kept statement with no more rights than the application has, inside the rule's network.
CREATE FUNCTION reminder_rows(r reminder_rule) RETURNS TABLE (id bigint, key text, caption text, day date, responsible bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS
$$ BEGIN RETURN QUERY EXECUTE r.statement USING gate_now()::date, r.literals, r.days_before, r.id, r.network_id; END $$;
REVOKE EXECUTE ON FUNCTION reminder_rows(reminder_rule) FROM PUBLIC;
ALTER FUNCTION reminder_rows(reminder_rule) OWNER TO halldesk_app;

CREATE FUNCTION duty_reminders() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    r reminder_rule;
    x record;
    n integer := 0;
    most integer := 0;
    network text := current_setting('halldesk.network', true);
BEGIN
    FOR r IN SELECT * FROM reminder_rule WHERE status = 1 AND statement <> '' ORDER BY id FOR UPDATE SKIP LOCKED LOOP
        BEGIN
            n := 0;
            PERFORM set_config('halldesk.network', r.network_id::text, true);
            FOR x IN SELECT * FROM reminder_rows(r) LOOP
                INSERT INTO reminder_done (reminder_rule_id, record_id, day, at) VALUES (r.id, x.id, x.day, gate_now());
                PERFORM reminder_tell(r, x.id, concat_ws(' ', r.name, x.key, nullif(x.caption, ''), x.day), x.day, x.responsible);
                n := n + 1;
            END LOOP;
            most := greatest(most, n);
        EXCEPTION WHEN OTHERS THEN
            -- A rule that its form has outgrown hinders no other.
            UPDATE reminder_rule SET error = left(SQLSTATE || ' ' || SQLERRM, 400), version = version + 1 WHERE id = r.id AND error = '';
        END;
    END LOOP;
    PERFORM set_config('halldesk.network', network, true);
    RETURN most;
END $$;
INSERT INTO duty (name, function, every) VALUES ('reminder', 'duty_reminders', '1 minute');
