-- What the demo's roles may do with work items, approval, announcements, limits and alarms.
SELECT set_config('halldesk.actor', '2041', false);
INSERT INTO role_permission (role_id, permission_id, place_level)
SELECT r.id, p.id, g.place
  FROM (VALUES
    ('CLERK', 'work_inbox.use work_next.run announcement_board.read', 1),
    ('AGENT', 'work_inbox.use work_next.run announcement_board.read', 1),
    ('MANAGER', 'work_inbox.use work_next.run announcement_board.read', 1),
    ('MANAGER', 'work_item.create work_item.query work_item.assign approval_request.query approval_request.decide alarm.query alarm.handle', 0),
    ('SUPERVISOR', 'work_inbox.use work_next.run announcement_board.read', 1),
    ('SUPERVISOR', 'work_item.create work_item.query work_item.assign work_item.withdraw approval_request.query approval_request.decide approval_request.withdraw announcement.change announcement.query announcement.publish alarm.query alarm.handle', 0),
    ('AUDITOR', 'work_item.query work_rule.query approval_policy.query approval_request.query announcement.query limit_policy.query reminder_rule.query alarm.query alarm_filter.query', 0)
  ) AS g (role, permissions, place)
  JOIN role r ON r.code = g.role
 CROSS JOIN LATERAL unnest(string_to_array(g.permissions, ' ')) AS n (name)
  JOIN permission p ON p.name = n.name
ON CONFLICT DO NOTHING;
INSERT INTO role_permission (role_id, permission_id)
SELECT r.id, p.id FROM role r CROSS JOIN permission p
 WHERE r.code = 'ADMIN' AND p.form BETWEEN 100 AND 111
ON CONFLICT DO NOTHING;
