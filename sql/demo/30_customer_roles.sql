-- What the demo's roles may do with customers and accounts. By names, so that it can be run again;
-- permissions of forms that are not installed are passed over.
-- place: 0 the place of the grant, 1 the holder's network. detail: 1 basic (masked), 2 full.
SELECT set_config('halldesk.actor', (SELECT id::text FROM staff WHERE number = '10000'), false);
INSERT INTO role_permission (role_id, permission_id, detail, place_level, own)
SELECT r.id, p.id, g.detail, g.place, g.own
  FROM (VALUES
    -- A clerk serves any customer of the network who comes to the counter, but lists the own hall's.
    ('CLERK', 'customer.find customer.show customer.change customer.history customer.verify customer.set_password customer.identify customer.disclose customer.activate customer.return customer.attach', 2, 1, false),
    ('CLERK', 'customer.create customer.query customer.leave', 2, 0, false),
    ('CLERK', 'account.create account.change account.show account.query account.history account.make_default account.check account.suspend account.resume account.attach', 2, 1, false),
    ('CLERK', 'contact.create contact.change contact.show contact.query contact.history contact.become_customer', 2, 1, false),
    ('CLERK', 'customer_contact.create customer_contact.change customer_contact.query customer_contact.history customer_contact.end', 2, 1, false),
    ('CLERK', 'customer_relation.create customer_relation.change customer_relation.query customer_relation.history customer_relation.end customer_relation.draw', 2, 1, false),
    ('CLERK', 'customer_group.query segment.query segment_member.query', 2, 1, false),
    -- An agent sees masked data; what may be told needs a verified customer.
    ('AGENT', 'customer.find customer.show customer.query customer.verify customer.disclose account.show account.query contact.show contact.query customer_contact.query customer_relation.query customer_relation.draw customer_group.query segment_member.query', 1, 1, false),
    ('SUPERVISOR', 'customer.unmask customer.report account.unmask account.invalidate account.report contact.unmask contact.withdraw segment.report', 2, 0, false),
    -- An account manager keeps the customers that he is responsible for, and nobody else's.
    ('MANAGER', 'customer.find', 2, 1, false),
    ('MANAGER', 'customer.create', 2, 0, false),
    ('MANAGER', 'customer.show customer.query customer.change customer.history customer.unmask customer.report account.show account.query account.change account.history', 2, 0, true),
    ('MANAGER', 'account.create contact.create contact.change contact.show contact.query customer_contact.create customer_contact.change customer_contact.query customer_contact.end customer_relation.create customer_relation.change customer_relation.query customer_relation.end customer_relation.draw customer_group.create customer_group.change customer_group.query customer_group.history customer_group.dissolve segment.query segment.report segment_member.create segment_member.query segment_member.end', 2, 1, false),
    ('ADMIN', 'customer.find customer.show customer.query customer.create customer.change customer.history customer.report customer.bulk customer.import customer.export account.create account.change account.show account.query account.history account.bulk account.import account.export', 2, 0, false),
    ('ADMIN', 'segment.create segment.change segment.query segment.history segment.report segment.activate segment.retire segment.merge segment.refresh segment_member.create segment_member.query segment_member.history segment_member.end customer_group.create customer_group.change customer_group.query customer_group.history customer_group.dissolve', 2, 0, false),
    ('ADMIN', 'identity_rule.create identity_rule.change identity_rule.query identity_rule.history default_rule.create default_rule.change default_rule.query default_rule.history association_rule.create association_rule.change association_rule.query association_rule.history manager_rule.create manager_rule.change manager_rule.query manager_rule.history payment_rule.create payment_rule.change payment_rule.query payment_rule.history verification_demand.create verification_demand.change verification_demand.query verification_demand.history division_year.create division_year.change division_year.query division_year.import', 2, 0, false),
    ('AUDITOR', 'customer.find customer.show customer.query customer.history account.show account.query account.history contact.show contact.query contact.history customer_contact.query customer_contact.history customer_relation.query customer_relation.history customer_group.query customer_group.history segment.query segment.history segment_member.query segment_member.history', 1, 0, false),
    ('AUDITOR', 'identity_rule.query identity_rule.history default_rule.query default_rule.history association_rule.query association_rule.history manager_rule.query manager_rule.history payment_rule.query payment_rule.history verification_demand.query verification_demand.history', 2, 0, false),
    ('SERVICE', 'customer.find customer.show customer.query customer.create customer.change customer.import customer.bulk customer.activate account.create account.change account.query account.import account.bulk segment.query segment.refresh', 2, 0, false)
  ) AS g (role, permissions, detail, place, own)
  JOIN role r ON r.code = g.role
 CROSS JOIN LATERAL unnest(string_to_array(g.permissions, ' ')) AS n (name)
  JOIN permission p ON p.name = n.name
ON CONFLICT (role_id, permission_id) DO NOTHING;
