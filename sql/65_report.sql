-- What reports read. Sums over these views equal sums over the tables: the money of an order stands in
-- the row of the item that it was charged for, the order itself is counted on its first item.

CREATE VIEW order_report WITH (security_invoker = true) AS
SELECT i.id, o.network_id, o.area_id, o.hall_id,
       (o.captured_at AT TIME ZONE current_setting('TimeZone'))::date AS day,
       o.captured_at, o.staff_id, o.organisation_id, o.channel, o.order_type, o.state, c.class AS customer_class,
       o.customer_id, o.id AS customer_order_id, o.number, i.product_offering_id, i.action,
       CASE WHEN i.position = 1 THEN 1 ELSE 0 END AS order_count,
       1 AS item_count, i.quantity,
       coalesce(h.one_time, 0)::bigint AS one_time_amount, coalesce(h.deposit, 0)::bigint AS deposit_amount,
       coalesce(h.prepayment, 0)::bigint AS prepayment_amount, coalesce(h.due, 0)::bigint AS due_amount,
       coalesce(h.recurring, 0)::bigint AS recurring_amount,
       CASE WHEN i.position = 1 THEN o.paid_amount ELSE 0 END::bigint AS paid_amount
  FROM customer_order o
  JOIN order_item i ON i.customer_order_id = o.id
  JOIN customer c ON c.id = o.customer_id
  LEFT JOIN LATERAL (
       SELECT sum(amount) FILTER (WHERE kind IN (1, 6)) AS one_time, sum(amount) FILTER (WHERE kind = 4) AS deposit,
              sum(amount) FILTER (WHERE kind = 5) AS prepayment, sum(amount) FILTER (WHERE kind NOT IN (2, 3)) AS due,
              sum(amount) FILTER (WHERE kind = 2) AS recurring
         FROM order_charge g WHERE g.customer_order_id = o.id AND g.item_position = i.position) h ON true;

-- The drawer: a row for each way in which a payment was made; change is given from cash.
CREATE VIEW payment_report WITH (security_invoker = true) AS
SELECT t.id, p.network_id, p.area_id, p.hall_id,
       (p.paid_at AT TIME ZONE current_setting('TimeZone'))::date AS day, p.paid_at,
       p.staff_id, p.shift_id, p.customer_id, p.customer_order_id, p.id AS payment_id, p.number, p.state, t.way,
       CASE WHEN t.id = first.id THEN 1 ELSE 0 END AS payment_count,
       t.amount AS received_amount,
       CASE WHEN t.id = cash.id THEN p.change_amount ELSE 0 END::bigint AS change_amount,
       (t.amount - CASE WHEN t.id = cash.id THEN p.change_amount ELSE 0 END)::bigint AS amount
  FROM payment p
  JOIN payment_tender t ON t.payment_id = p.id
  LEFT JOIN LATERAL (SELECT f.id FROM payment_tender f WHERE f.payment_id = p.id ORDER BY f.id LIMIT 1) first ON true
  LEFT JOIN LATERAL (SELECT f.id FROM payment_tender f WHERE f.payment_id = p.id AND f.way = 1 ORDER BY f.amount DESC, f.id LIMIT 1) cash ON true;
