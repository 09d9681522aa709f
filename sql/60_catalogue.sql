-- The catalogue (TMF 620): product specifications with characteristics, operations and relations;
-- offerings made of them, with whom and where they may be sold; price plans made of rules.

-- What the network can provide: main products, attached ones that live on a main one, goods.
CREATE TABLE product_specification (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code text NOT NULL CONSTRAINT product_specification_code_taken UNIQUE,
    name text NOT NULL CONSTRAINT product_specification_name_given CHECK (name <> ''),
    kind smallint NOT NULL DEFAULT 1,           -- code list product_kind [13-2, 13-3]
    product_line smallint,                      -- code list product_line
    description text,
    provider_kind smallint NOT NULL DEFAULT 1,  -- code list provider_kind [13-7]
    maintenance_level smallint NOT NULL DEFAULT 3, -- code list maintenance_level [13-8]
    number_kind smallint,                       -- code list access_number_kind; NULL: has no number of its own
    has_port boolean NOT NULL DEFAULT false,    -- the network must name a port
    state smallint NOT NULL DEFAULT 1 CONSTRAINT product_specification_state_known CHECK (state BETWEEN 1 AND 5),
    valid_from date NOT NULL DEFAULT CURRENT_DATE,
    valid_to date,
    extra jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT product_specification_valid_to_order CHECK (valid_to IS NULL OR valid_to > valid_from)
);

-- The product's own template of attributes [13-12, 13-13].
CREATE TABLE product_characteristic (
    id bigint PRIMARY KEY DEFAULT id_next(),
    product_specification_id bigint NOT NULL REFERENCES product_specification,
    name text NOT NULL CONSTRAINT product_characteristic_name_shape CHECK (name ~ '^[a-z][a-z0-9_]*$'),
    label_zh text NOT NULL,
    label_en text NOT NULL DEFAULT '',
    kind smallint NOT NULL DEFAULT 1,           -- code list characteristic_kind: text, number, choice
    required boolean NOT NULL DEFAULT false,
    initial text,
    minimum bigint,
    maximum bigint,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT product_characteristic_name_once UNIQUE (product_specification_id, name) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT product_characteristic_maximum_order CHECK (maximum IS NULL OR minimum IS NULL OR maximum >= minimum)
);
CREATE TABLE product_characteristic_value (
    id bigint PRIMARY KEY DEFAULT id_next(),
    product_characteristic_id bigint NOT NULL REFERENCES product_characteristic,
    value text NOT NULL,
    label text NOT NULL DEFAULT '',
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT product_characteristic_value_value_once UNIQUE (product_characteristic_id, value) DEFERRABLE INITIALLY DEFERRED
);
-- Which operations a product allows, and in which states of the installed product [13-27, 13-29].
CREATE TABLE product_operation (
    id bigint PRIMARY KEY DEFAULT id_next(),
    product_specification_id bigint NOT NULL REFERENCES product_specification,
    operation smallint NOT NULL,                -- code list product_operation
    action smallint NOT NULL DEFAULT 1,         -- code list item_action: what it means for the order item
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT product_operation_operation_once UNIQUE (product_specification_id, operation) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE product_operation_state (
    id bigint PRIMARY KEY DEFAULT id_next(),
    product_operation_id bigint NOT NULL REFERENCES product_operation,
    installed_state smallint NOT NULL,          -- states of form installed_product
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT product_operation_state_installed_state_once UNIQUE (product_operation_id, installed_state) DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE product_relation (
    id bigint PRIMARY KEY DEFAULT id_next(),
    product_specification_id bigint NOT NULL REFERENCES product_specification,
    kind smallint NOT NULL,                     -- code list product_relation_kind [13-16 to 13-20]
    other_id bigint NOT NULL REFERENCES product_specification,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT product_relation_other_id_once UNIQUE (product_specification_id, kind, other_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT product_relation_other_id_self CHECK (other_id <> product_specification_id)
);

-- A plan of prices: rules that belong together, offered under one name [13-78].
CREATE TABLE price_plan (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code text NOT NULL CONSTRAINT price_plan_code_taken UNIQUE,
    name text NOT NULL CONSTRAINT price_plan_name_given CHECK (name <> ''),
    basis text,                                 -- approval or notice that it rests upon [13-85]
    state smallint NOT NULL DEFAULT 1 CONSTRAINT price_plan_state_known CHECK (state BETWEEN 1 AND 4),
    valid_from date NOT NULL DEFAULT CURRENT_DATE,
    valid_to date,
    extra jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT price_plan_valid_to_order CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE TABLE price_rule (
    id bigint PRIMARY KEY DEFAULT id_next(),
    price_plan_id bigint NOT NULL REFERENCES price_plan,
    code text NOT NULL,
    name text NOT NULL CONSTRAINT price_rule_name_given CHECK (name <> ''),
    kind smallint NOT NULL,                     -- code list price_kind
    charge_item smallint NOT NULL,              -- code list charge_item
    operation smallint,                         -- only for this operation; NULL: any
    product_specification_id bigint REFERENCES product_specification, -- priced by the product; NULL: by the offering
    amount bigint,                              -- fen a unit; of a discount what it takes off
    rate numeric(18,6),                         -- of a discount: the share that it takes off
    from_quantity integer NOT NULL DEFAULT 1 CONSTRAINT price_rule_from_quantity_range CHECK (from_quantity >= 1),
    to_quantity integer,                        -- last quantity in one order; NULL: no end [13-76]
    characteristic text,                        -- only where the item's characteristic has this value [13-74]
    characteristic_value text,
    priority integer NOT NULL DEFAULT 100,      -- of rules for the same thing the lowest counts [13-79]
    valid_from date,
    valid_to date,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT price_rule_code_once UNIQUE (price_plan_id, code) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT price_rule_amount_one CHECK ((amount IS NULL) <> (rate IS NULL)),
    CONSTRAINT price_rule_amount_range CHECK (amount >= 0),
    CONSTRAINT price_rule_rate_range CHECK (rate > 0 AND rate <= 1),
    CONSTRAINT price_rule_to_quantity_order CHECK (to_quantity >= from_quantity),
    CONSTRAINT price_rule_valid_to_order CHECK (valid_to > valid_from)
);

-- What is sold: one product or a bundle, under a name that the market knows [13-30, 13-33].
CREATE TABLE product_offering (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code text NOT NULL CONSTRAINT product_offering_code_taken UNIQUE,
    name text NOT NULL CONSTRAINT product_offering_name_given CHECK (name <> ''),
    description text,
    sales_terms text,
    maintenance_level smallint NOT NULL DEFAULT 3,
    state smallint NOT NULL DEFAULT 1 CONSTRAINT product_offering_state_known CHECK (state BETWEEN 1 AND 6),
    valid_from date NOT NULL DEFAULT CURRENT_DATE,
    valid_to date,
    term_months integer CONSTRAINT product_offering_term_months_range CHECK (term_months > 0),
    term_break smallint,                        -- code list term_break [13-39]
    term_break_amount bigint CONSTRAINT product_offering_term_break_amount_range CHECK (term_break_amount >= 0),
    extra jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT product_offering_valid_to_order CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE TABLE product_offering_component (
    id bigint PRIMARY KEY DEFAULT id_next(),
    product_offering_id bigint NOT NULL REFERENCES product_offering,
    product_specification_id bigint NOT NULL REFERENCES product_specification,
    quantity integer NOT NULL DEFAULT 1 CONSTRAINT product_offering_component_quantity_range CHECK (quantity >= 0),
    maximum integer,                            -- a clerk may take more, up to this
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT product_offering_component_product_specification_id_once UNIQUE (product_offering_id, product_specification_id)
        DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT product_offering_component_maximum_order CHECK (maximum IS NULL OR maximum >= quantity)
);
-- A value that the bundle fixes for a characteristic of a component [13-37].
CREATE TABLE product_offering_value (
    id bigint PRIMARY KEY DEFAULT id_next(),
    product_offering_component_id bigint NOT NULL REFERENCES product_offering_component,
    name text NOT NULL,
    value text NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT product_offering_value_name_once UNIQUE (product_offering_component_id, name) DEFERRABLE INITIALLY DEFERRED
);
-- To whom and where it is open. A dimension without a row is open; with rows, open for these only.
CREATE TABLE product_offering_limit (
    id bigint PRIMARY KEY DEFAULT id_next(),
    product_offering_id bigint NOT NULL REFERENCES product_offering,
    dimension smallint NOT NULL,                -- code list offering_limit: customer class, place, channel, region
    customer_class smallint,
    channel smallint,
    organisation_id bigint REFERENCES organisation, -- network, area or hall
    region_id bigint REFERENCES region,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT product_offering_limit_dimension_one CHECK (num_nonnulls(customer_class, channel, organisation_id, region_id) = 1)
);
CREATE INDEX product_offering_limit_offering ON product_offering_limit (product_offering_id);
CREATE TABLE product_offering_relation (
    id bigint PRIMARY KEY DEFAULT id_next(),
    product_offering_id bigint NOT NULL REFERENCES product_offering,
    kind smallint NOT NULL,                     -- code list product_relation_kind [13-54]
    other_id bigint NOT NULL REFERENCES product_offering,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT product_offering_relation_other_id_once UNIQUE (product_offering_id, kind, other_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT product_offering_relation_other_id_self CHECK (other_id <> product_offering_id)
);
CREATE TABLE product_offering_plan (
    id bigint PRIMARY KEY DEFAULT id_next(),
    product_offering_id bigint NOT NULL REFERENCES product_offering,
    price_plan_id bigint NOT NULL REFERENCES price_plan,
    standard boolean NOT NULL DEFAULT false,    -- taken when the clerk names none [13-88]
    valid_from date,
    valid_to date,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT product_offering_plan_price_plan_id_once UNIQUE (product_offering_id, price_plan_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT product_offering_plan_standard_once EXCLUDE USING btree (product_offering_id WITH =) WHERE (standard)
        DEFERRABLE INITIALLY DEFERRED
);
