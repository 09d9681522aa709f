-- Work items: rules that choose who gets them, the inbox, and who is told.

CREATE TABLE work_rule (
    id bigint PRIMARY KEY DEFAULT id_next(),
    number text NOT NULL UNIQUE,
    name text NOT NULL,
    kind_code smallint NOT NULL,        -- code list work_kind
    condition text,                     -- expression over the record that the work is about
    organisation_id bigint REFERENCES organisation,
    role_id bigint REFERENCES role,
    staff_id bigint REFERENCES staff,
    due_minutes integer CONSTRAINT work_rule_due_minutes_range CHECK (due_minutes > 0),
    priority smallint NOT NULL DEFAULT 100, -- the lowest that holds decides
    status smallint NOT NULL DEFAULT 1 CONSTRAINT work_rule_status_known CHECK (status IN (1, 2)),
    network_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT work_rule_staff_id_one CHECK ((staff_id IS NULL) <> (organisation_id IS NULL)),
    CONSTRAINT work_rule_role_id_needed CHECK (role_id IS NULL OR organisation_id IS NOT NULL)
);
SELECT network_policy('work_rule');

-- Roles that the actor holds today, those within roles included, and where.
CREATE FUNCTION work_roles() RETURNS TABLE (role_id bigint, place_id bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT c.member_id, g.place_id FROM access_grant g JOIN role_closure c ON c.role_id = g.role_id
    WHERE g.staff_id = gate_actor() AND g.status = 1 AND g.valid_from <= CURRENT_DATE AND (g.valid_to IS NULL OR g.valid_to >= CURRENT_DATE) $$;
CREATE FUNCTION work_organisation() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT organisation_id FROM staff WHERE id = gate_actor() $$;

-- What waits for the actor: own items, and unclaimed ones of the organisation or of a role held there.
CREATE VIEW work_inbox WITH (security_invoker = true) AS
SELECT w.id, w.number, w.kind, w.kind_code, w.subject, w.form, w.record_id, w.organisation_id, w.role_id, w.staff_id, w.status, w.priority, w.due_at,
       coalesce(w.due_at < gate_now(), false) AS overdue, w.created_at, w.claimed_at, w.done_at, w.handed_from, w.handed_at, w.note, w.result,
       w.network_id, w.version
  FROM work_item w
 WHERE (w.status IN (1, 2) AND w.staff_id = gate_actor())
    OR (w.status = 1 AND w.staff_id IS NULL
        AND w.organisation_id = ANY (ARRAY(SELECT work_organisation() UNION SELECT place_id FROM work_roles()))
        AND CASE WHEN w.role_id IS NULL THEN w.organisation_id = work_organisation()
                 ELSE (w.role_id, w.organisation_id) IN (SELECT r.role_id, r.place_id FROM work_roles() r) END);

CREATE FUNCTION home_work() RETURNS TABLE (kind text, waiting bigint, overdue bigint) LANGUAGE sql STABLE AS
$$ SELECT w.kind, count(*), count(*) FILTER (WHERE w.overdue) FROM work_inbox w GROUP BY w.kind ORDER BY w.kind $$;

-- An item for an organisation is told to its terminals by the next round of a duty: many items
-- together are one push a terminal, and a big hotline costs the writer nothing.
CREATE TABLE work_signal (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    organisation_id bigint NOT NULL,
    role_id bigint
);
REVOKE ALL ON work_signal FROM halldesk_app;

CREATE FUNCTION work_item_place() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF left(NEW.kind, 5) = 'work.' THEN
            NEW.kind := substr(NEW.kind, 6);
        END IF;
        IF NEW.kind = '' THEN
            NEW.kind := coalesce((SELECT name FROM code WHERE list = 'work_kind' AND number = NEW.kind_code), 'other');
        ELSE
            NEW.kind_code := coalesce((SELECT number FROM code WHERE list = 'work_kind' AND name = NEW.kind), 1);
        END IF;
    END IF;
    SELECT o.area_id, o.hall_id INTO NEW.area_id, NEW.hall_id FROM organisation o
     WHERE o.id = coalesce((SELECT s.organisation_id FROM staff s WHERE s.id = NEW.staff_id), NEW.organisation_id);
    RETURN NEW;
END $$;
CREATE TRIGGER work_item_place BEFORE INSERT OR UPDATE OF organisation_id, staff_id ON work_item FOR EACH ROW EXECUTE FUNCTION work_item_place();

CREATE FUNCTION work_item_tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF NEW.staff_id IS NOT NULL THEN
        INSERT INTO push (session_token_hash, kind, payload)
        SELECT token_hash, 4, push_text('') FROM session WHERE staff_id = NEW.staff_id AND state <> 3;
    ELSE
        INSERT INTO work_signal (organisation_id, role_id) VALUES (NEW.organisation_id, NEW.role_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER work_item_new AFTER INSERT ON work_item FOR EACH ROW WHEN (NEW.status = 1) EXECUTE FUNCTION work_item_tell();
CREATE TRIGGER work_item_moved AFTER UPDATE ON work_item FOR EACH ROW
    WHEN (NEW.status = 1 AND (OLD.status, OLD.staff_id, OLD.organisation_id, OLD.role_id) IS DISTINCT FROM (NEW.status, NEW.staff_id, NEW.organisation_id, NEW.role_id))
    EXECUTE FUNCTION work_item_tell();

-- Sessions of those who hold a role at a place.
CREATE FUNCTION role_sessions(p_role bigint, p_place bigint) RETURNS SETOF bytea LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT DISTINCT s.token_hash FROM access_grant g JOIN role_closure c ON c.role_id = g.role_id JOIN session s ON s.staff_id = g.staff_id AND s.state <> 3
    WHERE c.member_id = p_role AND g.place_id = p_place AND g.status = 1
      AND g.valid_from <= CURRENT_DATE AND (g.valid_to IS NULL OR g.valid_to >= CURRENT_DATE) $$;
REVOKE EXECUTE ON FUNCTION role_sessions(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION duty_work_signals() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE n integer;
BEGIN
    WITH taken AS (DELETE FROM work_signal WHERE id IN (SELECT id FROM work_signal ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED) RETURNING organisation_id, role_id),
         told AS (SELECT DISTINCT organisation_id, role_id FROM taken),
         terminals AS (SELECT s.token_hash FROM told t JOIN session s ON s.organisation_id = t.organisation_id AND s.state <> 3 WHERE t.role_id IS NULL
                       UNION SELECT r FROM told t CROSS JOIN LATERAL role_sessions(t.role_id, t.organisation_id) r WHERE t.role_id IS NOT NULL)
    INSERT INTO push (session_token_hash, kind, payload) SELECT token_hash, 4, push_text('') FROM terminals;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN least(n, 200);
END $$;

-- Reminds once of each item that is overdue: who has it, or those for whom it waits [17-186].
CREATE FUNCTION duty_work_remind() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    w record;
    n integer := 0;
BEGIN
    FOR w IN UPDATE work_item SET reminded_at = gate_now() WHERE id IN
                 (SELECT id FROM work_item WHERE status IN (1, 2) AND reminded_at IS NULL AND due_at < gate_now() ORDER BY due_at LIMIT 200 FOR UPDATE SKIP LOCKED)
             RETURNING number, subject, organisation_id, role_id, staff_id LOOP
        INSERT INTO push (session_token_hash, kind, payload)
        SELECT t, 1, push_text('notice.work_overdue' || E'\t' || w.number || ' ' || w.subject)
          FROM (SELECT token_hash AS t FROM session WHERE state <> 3 AND (staff_id = w.staff_id
                    OR (w.staff_id IS NULL AND w.role_id IS NULL AND organisation_id = w.organisation_id))
                UNION SELECT r FROM role_sessions(w.role_id, w.organisation_id) r WHERE w.staff_id IS NULL AND w.role_id IS NOT NULL) x;
        n := n + 1;
    END LOOP;
    RETURN n;
END $$;

INSERT INTO duty (name, function, every) VALUES
    ('work.signals', 'duty_work_signals', '2 seconds'),
    ('work.remind', 'duty_work_remind', '20 seconds');
