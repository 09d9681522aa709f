-- What the demo's roles may do with the catalogue, orders, money and interactions. By names, so that it
-- can be run again. place: 0 the place of the grant, 1 the holder's network. detail: 2 full.
SELECT set_config('halldesk.actor', (SELECT id::text FROM staff WHERE number = '10000'), false);
INSERT INTO role_permission (role_id, permission_id, detail, place_level, own)
SELECT r.id, p.id, 2, g.place, g.own
  FROM (VALUES
    -- A clerk takes orders for any customer of the network, and lists the own hall's.
    ('CLERK', 'product_specification.show product_specification.query product_offering.show product_offering.query price_plan.show price_plan.query', 1, false),
    ('CLERK', 'customer_order.create customer_order.show customer_order.query customer_order.pay customer_order.submit customer_order.withdraw customer_order.attach service_order.show service_order.query service_order.resend', 0, false),
    ('CLERK', 'installed_product.show installed_product.query installed_offering.show installed_offering.query order_enquiry.run', 1, false),
    ('CLERK', 'payment.show payment.query receipt.show receipt.query receipt.print receipt.spoil interaction.create interaction.change interaction.show interaction.query', 0, false),
    ('CLERK', 'shift.open shift.show shift.query shift.close', 0, true),
    -- The hotline answers for the whole network and takes no money.
    ('AGENT', 'product_offering.show product_offering.query customer_order.show customer_order.query service_order.show service_order.query installed_product.show installed_product.query installed_offering.show installed_offering.query order_enquiry.run order_enquiry.record interaction.create interaction.change interaction.show interaction.query', 1, false),
    -- A supervisor also sees the hall's day.
    ('SUPERVISOR', 'customer_order.report payment.report service_order.report installed_product.report interaction.report receipt_range.create receipt_range.query', 0, false),
    ('MANAGER', 'product_offering.show product_offering.query installed_product.show installed_product.query installed_offering.query customer_order.show customer_order.query service_order.query order_enquiry.run', 1, false),
    ('ADMIN', 'product_specification.create product_specification.change product_specification.show product_specification.query product_specification.approve product_offering.create product_offering.change product_offering.show product_offering.query product_offering.approve price_plan.create price_plan.change price_plan.show price_plan.query price_plan.approve', 0, false),
    ('ADMIN', 'outbox.show outbox.restart outbox_record.show inbox_record.show receipt_range.create receipt_range.query customer_order.show customer_order.query customer_order.report service_order.show service_order.query payment.report', 0, false),
    ('AUDITOR', 'product_specification.query product_offering.query price_plan.query customer_order.query customer_order.show customer_order.report service_order.query service_order.show payment.query payment.show payment.report receipt.query shift.query installed_product.query interaction.query outbox_record.show inbox_record.show', 0, false),
    ('SERVICE', 'outbox.show outbox.relay neighbour_message.receive customer_order.show customer_order.query service_order.show service_order.query', 0, false)
  ) AS g (role, permissions, place, own)
  JOIN role r ON r.code = g.role
 CROSS JOIN LATERAL unnest(string_to_array(g.permissions, ' ')) AS n (name)
  JOIN permission p ON p.name = n.name
ON CONFLICT (role_id, permission_id) DO NOTHING;
