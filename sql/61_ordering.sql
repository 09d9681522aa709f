-- Orders (TMF 622), service orders (TMF 641), installed products (TMF 637), access numbers.
-- An order is a tree: item (an offering) -> product (what the network does) with the item's
-- characteristics; charges belong to the order and name the position of their item.

CREATE TABLE installed_offering (
    id bigint PRIMARY KEY,
    number text NOT NULL CONSTRAINT installed_offering_number_taken UNIQUE,
    customer_id bigint NOT NULL REFERENCES customer,
    product_offering_id bigint NOT NULL REFERENCES product_offering,
    customer_order_id bigint,
    term_from date,
    term_to date,                               -- end of the term; earlier leaving costs what the offering says
    state smallint NOT NULL DEFAULT 1 CONSTRAINT installed_offering_state_known CHECK (state IN (1, 2)), -- active, ended
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX installed_offering_customer ON installed_offering (customer_id, id);
SELECT scope_policy('installed_offering', NULL, NULL, NULL);

CREATE TABLE installed_product (
    id bigint PRIMARY KEY,
    number text NOT NULL CONSTRAINT installed_product_number_taken UNIQUE,
    customer_id bigint NOT NULL REFERENCES customer,       -- the owner
    account_id bigint REFERENCES account,                  -- pays what no payment relation says otherwise
    installed_offering_id bigint REFERENCES installed_offering,
    product_specification_id bigint NOT NULL REFERENCES product_specification,
    product_offering_id bigint REFERENCES product_offering,
    price_plan_id bigint REFERENCES price_plan,
    main_id bigint REFERENCES installed_product DEFERRABLE INITIALLY DEFERRED, -- of an attached product
    customer_order_id bigint,
    state smallint NOT NULL DEFAULT 1 CONSTRAINT installed_product_state_known CHECK (state BETWEEN 1 AND 8),
    access_number text,
    port text,
    address text,
    user_name text,                             -- who uses it, where that is not the owner
    started_at timestamptz,
    ended_at timestamptz,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    extra jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX installed_product_customer ON installed_product (customer_id, id);
CREATE INDEX installed_product_access_number ON installed_product (access_number, id) WHERE access_number IS NOT NULL;
CREATE INDEX installed_product_specification ON installed_product (product_specification_id, id);
CREATE INDEX installed_product_hall ON installed_product (hall_id, id);
CREATE INDEX installed_product_network ON installed_product (network_id, id);
SELECT scope_policy('installed_product', NULL, NULL, NULL);

CREATE TABLE installed_characteristic (
    id bigint PRIMARY KEY DEFAULT id_next(),
    installed_product_id bigint NOT NULL REFERENCES installed_product,
    name text NOT NULL,
    value text NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT installed_characteristic_name_once UNIQUE (installed_product_id, name) DEFERRABLE INITIALLY DEFERRED
);
-- Owner, user, handler and payer are dated roles, apart from each other.
CREATE TABLE installed_role (
    id bigint PRIMARY KEY DEFAULT id_next(),
    installed_product_id bigint NOT NULL REFERENCES installed_product,
    role smallint NOT NULL,                     -- code list installed_role
    party_id bigint REFERENCES party,
    name text,
    valid_from date NOT NULL,
    valid_to date,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT installed_role_name_given CHECK (party_id IS NOT NULL OR name <> '')
);
CREATE INDEX installed_role_product ON installed_role (installed_product_id);
-- Which account pays which charge item of a product: by priority, share or amount, for a time [9-46].
CREATE TABLE payment_relation (
    id bigint PRIMARY KEY DEFAULT id_next(),
    installed_product_id bigint NOT NULL REFERENCES installed_product,
    charge_item smallint,                       -- NULL: every item
    account_id bigint NOT NULL REFERENCES account,
    priority integer NOT NULL DEFAULT 1,
    share numeric(18,6) CONSTRAINT payment_relation_share_range CHECK (share > 0 AND share <= 1),
    cap bigint CONSTRAINT payment_relation_cap_range CHECK (cap > 0),
    valid_from date NOT NULL,
    valid_to date,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT payment_relation_valid_to_order CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX payment_relation_product ON payment_relation (installed_product_id);

CREATE TABLE customer_order (
    id bigint PRIMARY KEY,
    number text NOT NULL CONSTRAINT customer_order_number_taken UNIQUE,
    customer_id bigint NOT NULL REFERENCES customer,
    account_id bigint REFERENCES account,
    order_type smallint NOT NULL DEFAULT 1,     -- code list order_type: normal, pre-order, opened before [9-15]
    channel smallint NOT NULL DEFAULT 1,        -- code list channel [9-23]
    state smallint NOT NULL DEFAULT 1 CONSTRAINT customer_order_state_known CHECK (state BETWEEN 1 AND 11),
    staff_id bigint NOT NULL REFERENCES staff,  -- who captured it
    organisation_id bigint NOT NULL REFERENCES organisation,
    handler_name text,                          -- who came to the counter, where not the customer
    contact_name text,
    contact_telephone text,
    address text,
    appointment_at timestamptz,                 -- visit to the site [9-27]
    requested_on date,                          -- service wanted from
    captured_at timestamptz NOT NULL,
    submitted_at timestamptz,
    completed_at timestamptz,
    price_date date NOT NULL,                   -- prices as of this day [9-107]
    one_time_amount bigint NOT NULL DEFAULT 0,
    deposit_amount bigint NOT NULL DEFAULT 0,
    prepayment_amount bigint NOT NULL DEFAULT 0,
    due_amount bigint NOT NULL DEFAULT 0,
    paid_amount bigint NOT NULL DEFAULT 0,
    recurring_amount bigint NOT NULL DEFAULT 0, -- a month, for information
    service_order_count integer NOT NULL DEFAULT 0,
    reason text,                                -- of the last withdrawal or fallout
    remark text,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    extra jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT customer_order_due_amount_sum CHECK (due_amount = one_time_amount + deposit_amount + prepayment_amount),
    CONSTRAINT customer_order_paid_amount_range CHECK (paid_amount BETWEEN 0 AND due_amount)
);
CREATE INDEX customer_order_customer ON customer_order (customer_id, id);
CREATE INDEX customer_order_hall ON customer_order (hall_id, id);
CREATE INDEX customer_order_area ON customer_order (area_id, id);
CREATE INDEX customer_order_network ON customer_order (network_id, id);
CREATE INDEX customer_order_hall_captured ON customer_order (hall_id, captured_at);
CREATE INDEX customer_order_number_pattern ON customer_order (number text_pattern_ops);
CREATE INDEX customer_order_contact_telephone ON customer_order (contact_telephone) WHERE contact_telephone IS NOT NULL;
SELECT scope_policy('customer_order', NULL, 'staff_id', NULL);
ALTER TABLE installed_offering ADD CONSTRAINT installed_offering_customer_order_id_known FOREIGN KEY (customer_order_id) REFERENCES customer_order;
ALTER TABLE installed_product ADD CONSTRAINT installed_product_customer_order_id_known FOREIGN KEY (customer_order_id) REFERENCES customer_order;

CREATE TABLE order_item (
    id bigint PRIMARY KEY DEFAULT id_next(),
    customer_order_id bigint NOT NULL REFERENCES customer_order,
    position integer NOT NULL,
    parent_position integer,                    -- of a bundle inside a bundle
    action smallint NOT NULL DEFAULT 1,         -- code list item_action: add, modify, delete, noChange
    product_offering_id bigint NOT NULL REFERENCES product_offering,
    price_plan_id bigint REFERENCES price_plan,
    quantity integer NOT NULL DEFAULT 1 CONSTRAINT order_item_quantity_range CHECK (quantity BETWEEN 1 AND 1000),
    access_number text,                         -- the number wished for
    address text,
    installed_offering_id bigint REFERENCES installed_offering,
    recurring_amount bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT order_item_position_once UNIQUE (customer_order_id, position)
);
CREATE TABLE order_item_characteristic (
    id bigint PRIMARY KEY DEFAULT id_next(),
    order_item_id bigint NOT NULL REFERENCES order_item,
    name text NOT NULL,
    value text NOT NULL,
    old_value text,                             -- before, of a change
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT order_item_characteristic_name_once UNIQUE (order_item_id, name) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE order_product (
    id bigint PRIMARY KEY DEFAULT id_next(),
    order_item_id bigint NOT NULL REFERENCES order_item,
    position integer NOT NULL,                  -- within the order
    product_specification_id bigint NOT NULL REFERENCES product_specification,
    operation smallint NOT NULL,                -- code list product_operation
    action smallint NOT NULL DEFAULT 1,
    installed_product_id bigint REFERENCES installed_product, -- what a change works on [9-50]
    access_number text,
    site smallint,                              -- code list site_end: of leased lines the near or far end [9-40]
    node_id bigint REFERENCES organisation,     -- the network that is responsible for that end
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX order_product_item ON order_product (order_item_id, position);
CREATE INDEX order_product_installed ON order_product (installed_product_id) WHERE installed_product_id IS NOT NULL;

-- What an order costs, line by line, each with the rule that made it.
CREATE TABLE order_charge (
    id bigint PRIMARY KEY DEFAULT id_next(),
    customer_order_id bigint NOT NULL REFERENCES customer_order,
    item_position integer NOT NULL,
    price_rule_id bigint NOT NULL REFERENCES price_rule, -- no price without a rule
    rule_name text NOT NULL,                    -- as it was called then
    kind smallint NOT NULL,                     -- code list price_kind
    charge_item smallint NOT NULL,              -- code list charge_item
    quantity integer NOT NULL DEFAULT 1,
    unit_price bigint NOT NULL DEFAULT 0,
    amount bigint NOT NULL,                     -- of a discount negative
    payer_account_id bigint REFERENCES account,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT order_charge_item_position_known FOREIGN KEY (customer_order_id, item_position)
        REFERENCES order_item (customer_order_id, position) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX order_charge_order ON order_charge (customer_order_id);

-- No order without its charges: what is due is what the lines sum to (recurring 2 and usage 3 aside).
CREATE FUNCTION customer_order_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF (SELECT coalesce(sum(amount), 0) FROM order_charge WHERE customer_order_id = NEW.id AND kind NOT IN (2, 3))
       <> (SELECT due_amount FROM customer_order WHERE id = NEW.id) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'customer_order_due_amount_charges', TABLE = 'customer_order',
            MESSAGE = 'charges differ from what is due';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER customer_order_balance AFTER INSERT OR UPDATE OF due_amount ON customer_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION customer_order_balance();

CREATE TABLE service_order (
    id bigint PRIMARY KEY,
    number text NOT NULL CONSTRAINT service_order_number_taken UNIQUE, -- order number, dash, position
    customer_order_id bigint NOT NULL REFERENCES customer_order,
    order_product_id bigint NOT NULL REFERENCES order_product,
    customer_id bigint NOT NULL REFERENCES customer,
    product_specification_id bigint NOT NULL REFERENCES product_specification,
    operation smallint NOT NULL,
    action smallint NOT NULL,
    state smallint NOT NULL DEFAULT 1 CONSTRAINT service_order_state_known CHECK (state BETWEEN 1 AND 11),
    attempt integer NOT NULL DEFAULT 1,         -- goes up with every time that it is sent anew
    related_count integer NOT NULL DEFAULT 1,   -- service orders of the same order [9-82]
    together boolean NOT NULL DEFAULT false,    -- complete together with the related ones [9-81, 9-85]
    external_id text,                           -- the network's id of it
    access_number text,
    port text,
    address text,
    appointment_at timestamptz,
    expected_on date,                           -- when the network means to be ready
    fault_kind smallint,                        -- code list fallout_reason
    fault_text text,
    last_event_at timestamptz,                  -- the network's time of the last event that had effect
    sent_at timestamptz,
    completed_at timestamptz,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX service_order_order ON service_order (customer_order_id, id);
CREATE INDEX service_order_customer ON service_order (customer_id, id);
CREATE INDEX service_order_hall ON service_order (hall_id, id);
CREATE INDEX service_order_area ON service_order (area_id, id);
CREATE INDEX service_order_network ON service_order (network_id, id);
CREATE INDEX service_order_fallout ON service_order (hall_id, id) WHERE state IN (2, 4, 10);
SELECT scope_policy('service_order', NULL, NULL, NULL);

CREATE TABLE service_order_characteristic (
    id bigint PRIMARY KEY DEFAULT id_next(),
    service_order_id bigint NOT NULL REFERENCES service_order,
    name text NOT NULL,
    value text NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT service_order_characteristic_name_once UNIQUE (service_order_id, name) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE service_order_link (
    id bigint PRIMARY KEY DEFAULT id_next(),
    service_order_id bigint NOT NULL REFERENCES service_order,
    kind smallint NOT NULL DEFAULT 1,           -- code list service_order_link: related, depends on
    other_id bigint NOT NULL REFERENCES service_order DEFERRABLE INITIALLY DEFERRED,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT service_order_link_other_id_once UNIQUE (service_order_id, kind, other_id) DEFERRABLE INITIALLY DEFERRED
);
-- Every step that the network reported, in the order of arrival.
CREATE TABLE service_order_milestone (
    id bigint PRIMARY KEY DEFAULT id_next(),
    service_order_id bigint NOT NULL REFERENCES service_order,
    state smallint NOT NULL,
    at timestamptz NOT NULL,                    -- the network's time
    received_at timestamptz NOT NULL,
    note text,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX service_order_milestone_order ON service_order_milestone (service_order_id, id);

-- Access numbers belong to the network; here is who has which, from when to when. The span of a
-- binding reaches to the end of quarantine, of a reservation to its expiry. A range type over text
-- lets the exclusion constraint do without an extension.
CREATE TYPE text_range AS RANGE (subtype = text, collation = "C");
CREATE TABLE access_number_binding (
    id bigint PRIMARY KEY DEFAULT id_next(),
    number text NOT NULL CONSTRAINT access_number_binding_number_given CHECK (number <> ''),
    during tstzrange NOT NULL,
    released_at timestamptz,                    -- end of use; what follows is quarantine
    service_order_id bigint NOT NULL REFERENCES service_order,
    installed_product_id bigint REFERENCES installed_product,
    network_id bigint NOT NULL,
    CONSTRAINT access_number_binding_number_taken EXCLUDE USING gist
        (text_range(number, number, '[]') WITH &&, during WITH &&)
);
CREATE UNIQUE INDEX access_number_binding_service_order ON access_number_binding (service_order_id, number) WHERE released_at IS NULL;
CREATE INDEX access_number_binding_number ON access_number_binding (number);
SELECT network_policy('access_number_binding');

-- Records that a service operator makes on behalf of an order belong to the places of the order.
CREATE FUNCTION order_place() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF NEW.customer_order_id IS NOT NULL THEN
        SELECT network_id, area_id, hall_id INTO NEW.network_id, NEW.area_id, NEW.hall_id
          FROM customer_order WHERE id = NEW.customer_order_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER installed_offering_place BEFORE INSERT ON installed_offering FOR EACH ROW EXECUTE FUNCTION order_place();
CREATE TRIGGER installed_product_place BEFORE INSERT ON installed_product FOR EACH ROW EXECUTE FUNCTION order_place();
CREATE TRIGGER service_order_place BEFORE INSERT ON service_order FOR EACH ROW EXECUTE FUNCTION order_place();

-- Customers who use an access number; the search by whatever is typed leans on it.
CREATE OR REPLACE FUNCTION customer_of_access_number(p_number text) RETURNS SETOF bigint LANGUAGE sql STABLE AS
$$ SELECT DISTINCT customer_id FROM installed_product WHERE access_number = p_number AND state NOT IN (6, 7, 8) $$;

-- What a message of a neighbour says, without trusting that it is JSON: NULL if it is not, or says nothing.
CREATE FUNCTION message_value(p_payload text, p_path text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
$$
BEGIN
    RETURN p_payload::jsonb #>> string_to_array(p_path, '.');
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END $$;
CREATE FUNCTION message_characteristic(p_payload text, p_name text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
$$
BEGIN
    RETURN (SELECT c ->> 'value' FROM jsonb_path_query(p_payload::jsonb, '$.event.serviceOrder.serviceOrderItem[*].service.serviceCharacteristic[*]') c
             WHERE c ->> 'name' = p_name LIMIT 1);
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END $$;

INSERT INTO setting (name, value, title_zh, title_en) VALUES
    ('ordering.reservation_days', '30', '号码预占天数', 'Days that a reserved number is kept for its order'),
    ('ordering.pay_before_submit', '1', '先收费后派单', 'Orders are paid before they go to the network (1) or later (0)'),
    ('ordering.network', 'network', '开通系统名称', 'Name of the neighbour that receives service orders');
