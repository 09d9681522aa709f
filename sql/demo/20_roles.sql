-- What the roles of the demo network may do with organisation, rights and administration; the
-- domains add theirs in files of their own.
-- History wants to know who: the system administrator of the demo.
SELECT set_config('halldesk.actor', '2041', false);

INSERT INTO role_permission (role_id, permission_id)
SELECT r.id, p.id FROM role r CROSS JOIN permission p
 WHERE r.code = 'ADMIN' AND p.form < 20
ON CONFLICT DO NOTHING;
INSERT INTO role_permission (role_id, permission_id)
SELECT r.id, p.id FROM role r CROSS JOIN permission p
 WHERE r.code = 'AUDITOR' AND p.form < 20 AND p.name ~ '\.(query|show|list|report)$'
ON CONFLICT DO NOTHING;
INSERT INTO role_permission (role_id, permission_id)
SELECT r.id, p.id FROM role r CROSS JOIN permission p
 WHERE r.code = 'SUPERVISOR' AND p.name IN ('operation_view.query', 'operation_view.report', 'session_view.query',
       'staff.show', 'staff.query')
ON CONFLICT DO NOTHING;
-- Who has a counter or a telephone may look up what references name.
INSERT INTO role_permission (role_id, permission_id, place_level)
SELECT r.id, p.id, 1 FROM role r CROSS JOIN permission p
 WHERE r.code IN ('CLERK', 'AGENT', 'MANAGER') AND p.name IN ('region.list', 'organisation.list', 'staff.list', 'post.list')
ON CONFLICT DO NOTHING;
