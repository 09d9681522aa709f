-- Approval: policies say which act on which form wants whose consent; a request walks its steps and
-- hands the result back to the record.

CREATE TABLE approval_policy (
    id bigint PRIMARY KEY DEFAULT id_next(),
    number text NOT NULL UNIQUE,
    name text NOT NULL,
    form text NOT NULL,
    action text NOT NULL,               -- the verb that asks for approval
    condition text,                     -- expression over the record: when it is wanted
    mode smallint NOT NULL,             -- code list approval_mode: 1 sequence, 2 parallel, 3 by limit
    amount_field text,                  -- the amount that the steps' limits are compared with
    approve_action text NOT NULL,       -- transitions of the form that carry the result
    reject_action text NOT NULL,
    priority smallint NOT NULL DEFAULT 100,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT approval_policy_status_known CHECK (status IN (1, 2)),
    network_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX approval_policy_form ON approval_policy (form, action) WHERE status = 1;
SELECT network_policy('approval_policy');

CREATE TABLE approval_policy_step (
    id bigint PRIMARY KEY DEFAULT id_next(),
    approval_policy_id bigint NOT NULL REFERENCES approval_policy,
    position smallint NOT NULL,
    name text NOT NULL,
    level smallint,                     -- code list approval_level: whose consent, seen from who asks
    organisation_id bigint REFERENCES organisation,
    role_id bigint REFERENCES role,
    staff_id bigint REFERENCES staff,
    limit_amount bigint,                -- decides up to this amount; NULL: any
    due_minutes integer CONSTRAINT approval_policy_step_due_minutes_range CHECK (due_minutes > 0),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT approval_policy_step_position_unique UNIQUE (approval_policy_id, position) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT approval_policy_step_level_one CHECK ((level IS NOT NULL)::int + (organisation_id IS NOT NULL)::int + (staff_id IS NOT NULL)::int = 1)
);

CREATE TABLE approval_request (
    id bigint PRIMARY KEY DEFAULT id_next(),
    number text NOT NULL UNIQUE,
    approval_policy_id bigint NOT NULL REFERENCES approval_policy,
    mode smallint NOT NULL,
    form text NOT NULL,
    action text NOT NULL,
    record_id bigint NOT NULL,
    record_key text NOT NULL DEFAULT '',
    subject text NOT NULL DEFAULT '',
    amount bigint,
    reason text,
    approve_action text NOT NULL,
    reject_action text NOT NULL,
    requester_id bigint NOT NULL REFERENCES staff,
    organisation_id bigint NOT NULL REFERENCES organisation,
    requested_at timestamptz NOT NULL,
    decided_at timestamptz,
    opinion text,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT approval_request_status_known CHECK (status IN (1, 2, 3, 4)), -- waiting, approved, rejected, withdrawn
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1
);
-- One question at a time about a record.
CREATE UNIQUE INDEX approval_request_record_id_once ON approval_request (form, record_id) WHERE status = 1;
CREATE INDEX approval_request_hall ON approval_request (hall_id, id);
CREATE INDEX approval_request_area ON approval_request (area_id, id);
CREATE INDEX approval_request_network ON approval_request (network_id, id);
SELECT network_policy('approval_request');

CREATE TABLE approval_step (
    id bigint PRIMARY KEY DEFAULT id_next(),
    approval_request_id bigint NOT NULL REFERENCES approval_request,
    position smallint NOT NULL,
    name text NOT NULL,
    organisation_id bigint REFERENCES organisation,
    role_id bigint REFERENCES role,
    staff_id bigint REFERENCES staff,
    limit_amount bigint,
    due_minutes integer,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT approval_step_status_known CHECK (status BETWEEN 1 AND 5), -- to come, open, approved, rejected, not needed
    due_at timestamptz,
    decided_by bigint REFERENCES staff,
    decided_at timestamptz,
    opinion text,
    escalations integer NOT NULL DEFAULT 0,
    work_item_id bigint,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX approval_step_request ON approval_step (approval_request_id);
CREATE INDEX approval_step_due ON approval_step (due_at) WHERE status = 2;

-- May the actor decide a step? The person named; a member of the organisation; or who holds the role
-- at that organisation or at one above it.
CREATE FUNCTION approval_may(p_organisation bigint, p_role bigint, p_staff bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT CASE
       WHEN p_staff IS NOT NULL THEN p_staff = gate_actor()
       WHEN p_role IS NULL THEN p_organisation = work_organisation()
       ELSE EXISTS (SELECT FROM work_roles() r JOIN organisation above ON above.id = r.place_id JOIN organisation o ON o.id = p_organisation
                     WHERE r.role_id = p_role AND starts_with(o.path, above.path)) END $$;

-- What is not decided in time goes to the organisation above, as long as there is one.
CREATE FUNCTION duty_approval_escalate() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    s record;
    n integer := 0;
BEGIN
    FOR s IN SELECT a.id, a.due_minutes, a.work_item_id, o.parent_id, r.number, r.subject, r.requester_id
               FROM approval_step a JOIN approval_request r ON r.id = a.approval_request_id AND r.status = 1
               LEFT JOIN staff p ON p.id = a.staff_id
               LEFT JOIN organisation o ON o.id = coalesce(p.organisation_id, a.organisation_id)
              WHERE a.status = 2 AND a.due_at < gate_now() ORDER BY a.due_at LIMIT 100 FOR UPDATE OF a SKIP LOCKED LOOP
        UPDATE approval_step SET staff_id = CASE WHEN s.parent_id IS NULL THEN staff_id END, organisation_id = coalesce(s.parent_id, organisation_id),
               due_at = CASE WHEN s.parent_id IS NOT NULL THEN gate_now() + make_interval(mins => due_minutes) END,
               escalations = escalations + 1, version = version + 1 WHERE id = s.id;
        UPDATE work_item SET status = 1, staff_id = NULL, organisation_id = s.parent_id, claimed_at = NULL, reminded_at = NULL,
               due_at = gate_now() + make_interval(mins => s.due_minutes), version = version + 1
         WHERE id = s.work_item_id AND status IN (1, 2) AND s.parent_id IS NOT NULL;
        PERFORM notice_put(s.requester_id, 'notice.approval_escalated', s.number || ' ' || s.subject);
        n := n + 1;
    END LOOP;
    RETURN n;
END $$;
INSERT INTO duty (name, function, every) VALUES ('approval.escalate', 'duty_approval_escalate', '20 seconds');
