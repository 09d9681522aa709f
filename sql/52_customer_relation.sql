-- Relations between customers, groups of customers, and segments.

CREATE TABLE customer_relation (
    id bigint PRIMARY KEY DEFAULT id_next(),
    customer_id bigint NOT NULL REFERENCES customer, -- superior of a hierarchy, surety of a liability
    other_id bigint NOT NULL REFERENCES customer,
    relation_type smallint NOT NULL,      -- code list relation_type
    relation_kind smallint NOT NULL CONSTRAINT customer_relation_relation_kind_range CHECK (relation_kind > 0), -- its root: 1 hierarchy, 2 liability, 3 loose
    direction smallint NOT NULL CONSTRAINT customer_relation_direction_known CHECK (direction IN (1, 2, 3)), -- none, one way, both ways
    note text,
    valid_from date NOT NULL DEFAULT CURRENT_DATE,
    valid_to date,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT customer_relation_status_known CHECK (status IN (1, 2)), -- in force, ended
    network_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT customer_relation_other_id_self CHECK (other_id <> customer_id),
    CONSTRAINT customer_relation_direction_hierarchy CHECK (relation_kind <> 1 OR direction = 2),
    CONSTRAINT customer_relation_valid_to_order CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE INDEX customer_relation_customer ON customer_relation (customer_id, id);
CREATE INDEX customer_relation_other ON customer_relation (other_id, id);
CREATE UNIQUE INDEX customer_relation_other_id_once ON customer_relation (customer_id, other_id, relation_type) WHERE status = 1;
CREATE UNIQUE INDEX customer_relation_other_id_superior ON customer_relation (other_id) WHERE status = 1 AND relation_kind = 1;
SELECT network_policy('customer_relation');

-- Is `below` reached from `above` downward, or the same?
CREATE FUNCTION customer_is_below(p_above bigint, p_below bigint) RETURNS boolean LANGUAGE sql STABLE AS
$$ WITH RECURSIVE up (id) AS (
     SELECT p_below
     UNION
     SELECT r.customer_id FROM up JOIN customer_relation r ON r.other_id = up.id AND r.relation_kind = 1 AND r.status = 1
   ) SELECT EXISTS (SELECT FROM up WHERE id = p_above) $$;

-- Second net below the decision: two clerks cannot close a loop from both ends, because changes of
-- the hierarchy wait for each other.
CREATE FUNCTION customer_relation_tree() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('customer_relation', 0));
    IF customer_is_below(NEW.other_id, NEW.customer_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'customer_relation_other_id_loop', TABLE = 'customer_relation', MESSAGE = 'loop';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER customer_relation_tree BEFORE INSERT OR UPDATE OF customer_id, other_id, relation_kind, status ON customer_relation
    FOR EACH ROW WHEN (NEW.relation_kind = 1 AND NEW.status = 1) EXECUTE FUNCTION customer_relation_tree();

-- Every relation as each of its two customers sees it. Sides: 1 above, 2 below, 3 beside.
CREATE VIEW related_customer WITH (security_invoker = true) AS
SELECT r.id, r.customer_id, r.other_id, r.relation_kind, r.relation_type, r.direction, r.note, r.status, r.network_id,
       (CASE WHEN r.relation_kind = 1 THEN 2 ELSE 3 END)::smallint AS side, true AS outward, r.version
  FROM customer_relation r
UNION ALL
SELECT r.id, r.other_id, r.customer_id, r.relation_kind, r.relation_type, r.direction, r.note, r.status, r.network_id,
       (CASE WHEN r.relation_kind = 1 THEN 1 ELSE 3 END)::smallint, false, r.version
  FROM customer_relation r;

-- The relation view of one customer: for a tree from the root of its hierarchy downward, for a net
-- breadth first from the customer; p_kind 0 is all kinds. A row for each relation, each once.
CREATE FUNCTION customer_relation_tree_rows(p_customer bigint, p_depth integer)
RETURNS TABLE (depth integer, customer_id bigint, code text, name text, class smallint, relation_type smallint, last boolean[])
LANGUAGE sql STABLE AS
$$ WITH RECURSIVE up (id, depth) AS (
     SELECT p_customer, 0
     UNION ALL
     SELECT r.customer_id, up.depth + 1 FROM up
       JOIN customer_relation r ON r.other_id = up.id AND r.relation_kind = 1 AND r.status = 1 WHERE up.depth < 32
   ), root AS (SELECT id FROM up ORDER BY depth DESC LIMIT 1),
   down (id, depth, relation_type, path, last) AS (
     SELECT root.id, 0, NULL::smallint, ARRAY[]::text[], ARRAY[]::boolean[] FROM root
     UNION ALL
     SELECT r.other_id, down.depth + 1, r.relation_type, down.path || c.code,
            down.last || (row_number() OVER (PARTITION BY down.id ORDER BY c.code DESC) = 1)
       FROM down
       JOIN customer_relation r ON r.customer_id = down.id AND r.relation_kind = 1 AND r.status = 1
       JOIN customer c ON c.id = r.other_id
      WHERE down.depth < p_depth
   )
   SELECT d.depth, d.id, c.code, p.name, c.class, d.relation_type, d.last
     FROM down d JOIN customer c ON c.id = d.id JOIN party p ON p.id = d.id ORDER BY d.path LIMIT 500 $$;

CREATE FUNCTION customer_relation_net_rows(p_customer bigint, p_depth integer, p_kind smallint)
RETURNS TABLE (depth integer, relation_id bigint, relation_kind smallint, relation_type smallint, direction smallint,
               from_id bigint, from_code text, from_name text, to_id bigint, to_code text, to_name text)
LANGUAGE sql STABLE AS
$$ WITH RECURSIVE reach (id, depth) AS (
     SELECT p_customer, 0
     UNION
     SELECT x.other_id, reach.depth + 1 FROM reach
       JOIN related_customer x ON x.customer_id = reach.id AND x.status = 1 AND (p_kind = 0 OR x.relation_kind = p_kind)
      WHERE reach.depth < p_depth - 1
   ), near AS (SELECT id, min(depth) AS depth FROM reach GROUP BY id),
   edges AS (SELECT DISTINCT ON (r.id) near.depth + 1 AS depth, r.*
     FROM near JOIN customer_relation r ON (r.customer_id = near.id OR r.other_id = near.id)
      AND r.status = 1 AND (p_kind = 0 OR r.relation_kind = p_kind) ORDER BY r.id, near.depth)
   SELECT e.depth, e.id, e.relation_kind, e.relation_type, e.direction, e.customer_id, f.code, fp.name, e.other_id, t.code, tp.name
     FROM edges e
     JOIN customer f ON f.id = e.customer_id JOIN party fp ON fp.id = f.id
     JOIN customer t ON t.id = e.other_id JOIN party tp ON tp.id = t.id
    ORDER BY e.depth, e.relation_kind, f.code, t.code LIMIT 500 $$;

-- A group that staff put together by hand for a purpose [10-50].
CREATE TABLE customer_group (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code text NOT NULL CONSTRAINT customer_group_code_taken UNIQUE,
    name text NOT NULL CONSTRAINT customer_group_name_given CHECK (name <> ''),
    description text,
    purpose text,
    responsible_id bigint REFERENCES staff,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT customer_group_status_known CHECK (status IN (1, 2)), -- in use, dissolved
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX customer_group_name ON customer_group (name text_pattern_ops);
SELECT scope_policy('customer_group', NULL, 'responsible_id', NULL);
CREATE TABLE customer_group_member (
    id bigint PRIMARY KEY DEFAULT id_next(),
    group_id bigint NOT NULL REFERENCES customer_group,
    customer_id bigint NOT NULL REFERENCES customer,
    role text,
    joined_on date NOT NULL DEFAULT CURRENT_DATE,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT customer_group_member_customer_id_once UNIQUE (group_id, customer_id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX customer_group_member_customer ON customer_group_member (customer_id, id);
CREATE VIEW customer_group_membership WITH (security_invoker = true) AS
SELECT m.id, m.group_id, m.customer_id, m.role, m.joined_on, g.network_id, m.version
  FROM customer_group_member m JOIN customer_group g ON g.id = m.group_id;

-- A segment: customers who fulfil a rule or were put in by hand [10-53 … 10-57].
CREATE TABLE segment (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code text NOT NULL CONSTRAINT segment_code_taken UNIQUE,
    name text NOT NULL CONSTRAINT segment_name_given CHECK (name <> ''),
    dimension smallint NOT NULL,          -- code list segment_dimension
    kind smallint NOT NULL DEFAULT 1,     -- code list segment_kind
    rule text,                            -- condition over the customer; NULL: members by hand
    valid_from date NOT NULL DEFAULT CURRENT_DATE,
    valid_to date,
    demographic text,
    value_feature text,
    behaviour text,
    size_customers bigint,
    size_revenue bigint,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT segment_status_known CHECK (status IN (1, 2, 3, 4)), -- draft, active, retired, merged
    priority smallint NOT NULL DEFAULT 2, -- code list segment_priority, 1 is the highest
    organisation_id bigint REFERENCES organisation,
    responsible_id bigint REFERENCES staff,
    merged_into_id bigint REFERENCES segment,
    refreshed_at timestamptz,
    network_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT segment_valid_to_order CHECK (valid_to IS NULL OR valid_to >= valid_from),
    CONSTRAINT segment_merged_into_id_self CHECK (merged_into_id <> id)
);
CREATE INDEX segment_name ON segment (name text_pattern_ops);
SELECT network_policy('segment');

-- Membership is dated; of one dimension a customer has one at a time [10-15].
CREATE TABLE segment_member (
    id bigint PRIMARY KEY DEFAULT id_next(),
    segment_id bigint NOT NULL REFERENCES segment,
    dimension smallint NOT NULL DEFAULT 1,
    customer_id bigint NOT NULL REFERENCES customer,
    source smallint NOT NULL DEFAULT 2,   -- code list segment_source: 1 rule, 2 hand, 3 merge
    valid_from date NOT NULL DEFAULT CURRENT_DATE,
    valid_to date,                        -- first day on which it no longer holds
    network_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT segment_member_valid_to_order CHECK (valid_to IS NULL OR valid_to >= valid_from),
    CONSTRAINT segment_member_customer_id_dimension EXCLUDE USING btree (customer_id WITH =, dimension WITH =) WHERE (valid_to IS NULL)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX segment_member_segment ON segment_member (segment_id, id);
CREATE INDEX segment_member_customer ON segment_member (customer_id, id);
SELECT network_policy('segment_member');

CREATE FUNCTION segment_member_dimension() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$ BEGIN SELECT s.dimension INTO NEW.dimension FROM segment s WHERE s.id = NEW.segment_id; RETURN NEW; END $$;
CREATE TRIGGER segment_member_dimension BEFORE INSERT OR UPDATE OF segment_id ON segment_member
    FOR EACH ROW EXECUTE FUNCTION segment_member_dimension();
