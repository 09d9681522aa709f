-- Sales groups [CH-44]: who belongs to them, who leads, and whose customers are whose: a customer stands
-- with the whole group or with one of its members.
CREATE TABLE sales_group (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code text NOT NULL CONSTRAINT sales_group_code_taken UNIQUE,
    name text NOT NULL,
    channel smallint NOT NULL DEFAULT 1,  -- code list channel
    leader_id bigint NOT NULL REFERENCES staff,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT sales_group_status_known CHECK (status IN (1, 2)), -- in use, dissolved
    version bigint NOT NULL DEFAULT 1
);
SELECT scope_policy('sales_group', NULL, 'leader_id', NULL);
CREATE TABLE sales_group_member (
    id bigint PRIMARY KEY DEFAULT id_next(),
    sales_group_id bigint NOT NULL REFERENCES sales_group,
    staff_id bigint NOT NULL REFERENCES staff,
    valid_from date NOT NULL DEFAULT CURRENT_DATE,
    valid_to date,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT sales_group_member_staff_id_once UNIQUE (sales_group_id, staff_id),
    CONSTRAINT sales_group_member_valid_to_order CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE INDEX sales_group_member_staff ON sales_group_member (staff_id);
CREATE TABLE sales_group_customer (
    id bigint PRIMARY KEY DEFAULT id_next(),
    sales_group_id bigint NOT NULL REFERENCES sales_group,
    customer_id bigint NOT NULL REFERENCES customer,
    staff_id bigint REFERENCES staff,     -- the member who looks after him; NULL: all of the group
    since date NOT NULL DEFAULT CURRENT_DATE,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT sales_group_customer_customer_id_once UNIQUE (sales_group_id, customer_id)
);
CREATE INDEX sales_group_customer_customer ON sales_group_customer (customer_id);
CREATE INDEX sales_group_customer_staff ON sales_group_customer (staff_id) WHERE staff_id IS NOT NULL;

-- What a member has: a row for each customer that is his, and one without customer for the member
-- himself, so that nobody is missing in the statistics.
CREATE VIEW sales_group_view WITH (security_invoker = true) AS
SELECT m.id, g.code || ' ' || s.number AS number, g.id AS sales_group_id, g.leader_id, g.channel, m.staff_id, NULL::bigint AS customer_id, NULL::smallint AS class,
       m.valid_from AS since, 1 AS member_count, 0 AS own_count, 0 AS shared_count, g.network_id, g.area_id, g.hall_id
  FROM sales_group g JOIN sales_group_member m ON m.sales_group_id = g.id JOIN staff s ON s.id = m.staff_id
 WHERE g.status = 1 AND (m.valid_to IS NULL OR m.valid_to >= CURRENT_DATE)
UNION ALL
SELECT c.id, g.code || ' ' || k.code, g.id, g.leader_id, g.channel, c.staff_id, c.customer_id, k.class,
       c.since, 0, (c.staff_id IS NOT NULL)::int, (c.staff_id IS NULL)::int, g.network_id, g.area_id, g.hall_id
  FROM sales_group g JOIN sales_group_customer c ON c.sales_group_id = g.id JOIN customer k ON k.id = c.customer_id
 WHERE g.status = 1;
