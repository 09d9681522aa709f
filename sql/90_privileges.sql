-- What the application may not do with the kernel's own tables, and who may call what sees credentials.

-- Written by the gate's own functions only.
REVOKE INSERT, UPDATE, DELETE ON operation_log, operation_log_rest, session, session_slot, push,
    installation, epoch, access, permission, form_registry, number_series FROM halldesk_app;
REVOKE ALL ON credential FROM halldesk_app;
-- History is written by triggers with the rights of the writer, and never changed.
REVOKE UPDATE, DELETE ON history, history_rest FROM halldesk_app;
-- Partitions are reached through their parents, where the policies are.
REVOKE ALL ON operation_log_rest, history_rest FROM halldesk_app;
REVOKE SELECT ON session_slot FROM halldesk_app;
-- All of a session but the hash of its token.
REVOKE SELECT ON session FROM halldesk_app;
GRANT SELECT (id, staff_id, staff_number, organisation_id, network_id, area_id, hall_id, language, address, line, state,
    signed_in_at, last_call_at, ended_at, ended_reason, version) ON session TO halldesk_app;

-- Functions that see credentials.
DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE proname LIKE 'auth\_%' AND pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO halldesk_auth', f);
    END LOOP;
END $$;

-- Closing and noting sessions is the gate's, by the session's own token or an operation's right.
ALTER TABLE operation_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY operation_log_scope ON operation_log FOR SELECT USING (
    network_id = gate_network() AND (gate_table() IS DISTINCT FROM 'operation_view' OR
    hall_id = gate_setting('p1') OR area_id = gate_setting('p1') OR network_id = gate_setting('p1') OR
    hall_id = gate_setting('p2') OR area_id = gate_setting('p2') OR network_id = gate_setting('p2') OR
    hall_id = gate_setting('p3') OR area_id = gate_setting('p3') OR network_id = gate_setting('p3') OR
    hall_id = gate_setting('p4') OR area_id = gate_setting('p4') OR network_id = gate_setting('p4')));

-- Who is on line is shown within the scope; everything else reads sessions by functions of the gate.
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
CREATE POLICY session_scope ON session FOR SELECT USING (
    network_id = gate_network() AND (gate_table() IS DISTINCT FROM 'session_view' OR
    hall_id = gate_setting('p1') OR area_id = gate_setting('p1') OR network_id = gate_setting('p1') OR
    hall_id = gate_setting('p2') OR area_id = gate_setting('p2') OR network_id = gate_setting('p2') OR
    hall_id = gate_setting('p3') OR area_id = gate_setting('p3') OR network_id = gate_setting('p3') OR
    hall_id = gate_setting('p4') OR area_id = gate_setting('p4') OR network_id = gate_setting('p4')));
