-- Interactions (TMF 683): every contact with a customer or with nobody known yet, in both directions,
-- with its reasons and with links to whatever it was about.

CREATE TABLE interaction (
    id bigint PRIMARY KEY,
    number text NOT NULL CONSTRAINT interaction_number_taken UNIQUE,
    customer_id bigint REFERENCES customer,     -- NULL: not known, or no customer
    direction smallint NOT NULL DEFAULT 1,      -- code list interaction_direction
    channel smallint NOT NULL DEFAULT 2,        -- code list channel
    state smallint NOT NULL DEFAULT 1 CONSTRAINT interaction_state_known CHECK (state IN (1, 2)), -- open, completed
    contact_name text,
    caller_number text,
    summary text,
    result text,
    staff_id bigint NOT NULL REFERENCES staff,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    extra jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT interaction_ended_at_order CHECK (ended_at IS NULL OR ended_at >= started_at)
);
CREATE INDEX interaction_customer ON interaction (customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX interaction_caller ON interaction (caller_number, id) WHERE caller_number IS NOT NULL;
CREATE INDEX interaction_hall ON interaction (hall_id, id);
CREATE INDEX interaction_area ON interaction (area_id, id);
CREATE INDEX interaction_network ON interaction (network_id, id);
SELECT scope_policy('interaction', NULL, 'staff_id', NULL);

CREATE TABLE interaction_reason (
    id bigint PRIMARY KEY DEFAULT id_next(),
    interaction_id bigint NOT NULL REFERENCES interaction,
    reason smallint NOT NULL,                   -- code list interaction_reason
    note text,
    resolution smallint,                        -- code list interaction_resolution
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT interaction_reason_reason_once UNIQUE (interaction_id, reason) DEFERRABLE INITIALLY DEFERRED
);
-- A link names form and record; nothing is ever deleted, so it never dangles.
CREATE TABLE interaction_link (
    id bigint PRIMARY KEY DEFAULT id_next(),
    interaction_id bigint NOT NULL REFERENCES interaction,
    form text NOT NULL,
    record_id bigint NOT NULL,
    key text NOT NULL DEFAULT '',               -- its number, as people say it
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT interaction_link_record_id_once UNIQUE (interaction_id, form, record_id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX interaction_link_record ON interaction_link (record_id);
