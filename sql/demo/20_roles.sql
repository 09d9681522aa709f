-- What the roles of the demo network may do with organisation, rights and administration; the
-- domains add theirs in files of their own. By names, so that it can be run again; permissions of
-- forms that are not installed are passed over. place: 0 the place of the grant, 1 the holder's network.
-- History wants to know who: the system administrator of the demo.
SELECT set_config('halldesk.actor', '2041', false);

INSERT INTO role_permission (role_id, permission_id, place_level)
SELECT r.id, p.id, g.place
  FROM (VALUES
    ('ADMIN', '^(region|organisation|cabinet|post|staff|role|access_grant|permission|role_access|staff_access|region_scope|sales_group|standard|session_view|operation_view|code|code_list|extra_field|setting|print_log)\.', 0),
    ('AUDITOR', '^(region|organisation|cabinet|post|staff|role|access_grant|permission|role_access|staff_access|region_scope|sales_group|session_view|operation_view|code|code_list|extra_field|setting)\.(query|show|list|report)$', 0),
    ('AUDITOR', '^print_log\.print$', 0),
    -- Of his unit and what lies below only [17-144].
    ('UNIT_ADMIN', '^organisation\.(create|change|show|query|list|merge|import|bulk|export)$', 0),
    ('UNIT_ADMIN', '^staff\.(create|change|show|query|list|remove|reset_password|release|sign_out|import|bulk|export)$', 0),
    ('UNIT_ADMIN', '^(access_grant|staff_access|region_scope|session_view)\.', 0),
    ('UNIT_ADMIN', '^(region|post|role|permission|role_access)\.(show|query|list)$', 0),
    ('UNIT_ADMIN', '^(operation_view\.(query|report)|print_log\.print)$', 0),
    ('SUPERVISOR', '^(operation_view\.(query|report)|session_view\.(query|end)|staff\.(show|query|reset_password|release)|region_scope\.query|print_log\.print)$', 0),
    ('MANAGER', '^(sales_group\.(create|change|query|transfer|report)|region_scope\.query)$', 0),
    -- Who has a counter or a telephone may look up what references name.
    ('CLERK', '^(region|organisation|staff|post)\.list$', 1),
    ('AGENT', '^(region|organisation|staff|post)\.list$', 1),
    ('MANAGER', '^(region|organisation|staff|post)\.list$', 1),
    ('SERVICE', '^(due_work\.run|standard\.receive)$', 0),
    ('SERVICE', '^(region|organisation|cabinet|post|staff)\.(create|change|show|query|list|import|bulk)$', 0)
  ) AS g (role, names, place)
  JOIN role r ON r.code = g.role JOIN permission p ON p.name ~ g.names
ON CONFLICT (role_id, permission_id) DO NOTHING;
