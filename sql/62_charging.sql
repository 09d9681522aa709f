-- Money at the counter: shifts, payments in several ways, receipts with serials, postings that always
-- balance; and the socket for what billing says is in arrears.

-- What billing reports as unpaid; its adapter keeps the rows, order capture reads them.
CREATE TABLE customer_arrears (
    customer_id bigint NOT NULL REFERENCES customer,
    access_number text NOT NULL DEFAULT '',
    amount bigint NOT NULL CONSTRAINT customer_arrears_amount_range CHECK (amount >= 0),
    as_of timestamptz NOT NULL DEFAULT now(),
    network_id bigint NOT NULL,
    PRIMARY KEY (customer_id, access_number)
);
SELECT network_policy('customer_arrears');

-- A clerk's turn at the drawer: opens with a float, closes with a count.
CREATE TABLE shift (
    id bigint PRIMARY KEY,
    number text NOT NULL CONSTRAINT shift_number_taken UNIQUE,
    staff_id bigint NOT NULL REFERENCES staff,
    organisation_id bigint NOT NULL REFERENCES organisation,
    state smallint NOT NULL DEFAULT 1 CONSTRAINT shift_state_known CHECK (state IN (1, 2)), -- open, closed
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    float_amount bigint NOT NULL DEFAULT 0 CONSTRAINT shift_float_amount_range CHECK (float_amount >= 0),
    expected_amount bigint,                     -- cash that should be there: float and what was taken
    counted_amount bigint CONSTRAINT shift_counted_amount_range CHECK (counted_amount >= 0),
    difference bigint,
    explanation text,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT shift_difference_sum CHECK (difference = counted_amount - expected_amount)
);
CREATE UNIQUE INDEX shift_staff_id_open ON shift (staff_id) WHERE state = 1;
CREATE INDEX shift_hall ON shift (hall_id, id);
SELECT scope_policy('shift', NULL, 'staff_id', NULL);

CREATE TABLE payment (
    id bigint PRIMARY KEY,
    number text NOT NULL CONSTRAINT payment_number_taken UNIQUE,
    customer_id bigint NOT NULL REFERENCES customer,
    customer_order_id bigint REFERENCES customer_order,
    shift_id bigint NOT NULL REFERENCES shift,
    staff_id bigint NOT NULL REFERENCES staff,
    state smallint NOT NULL DEFAULT 1 CONSTRAINT payment_state_known CHECK (state IN (1, 2)), -- taken, reversed
    amount bigint NOT NULL CONSTRAINT payment_amount_range CHECK (amount > 0), -- what it settles
    received_amount bigint NOT NULL,            -- what was handed over
    change_amount bigint NOT NULL DEFAULT 0 CONSTRAINT payment_change_amount_range CHECK (change_amount >= 0),
    receipt_serial text,
    paid_at timestamptz NOT NULL,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT payment_received_amount_sum CHECK (received_amount = amount + change_amount)
);
CREATE INDEX payment_customer ON payment (customer_id, id);
CREATE INDEX payment_order ON payment (customer_order_id);
CREATE INDEX payment_hall ON payment (hall_id, id);
CREATE INDEX payment_hall_paid ON payment (hall_id, paid_at);
CREATE INDEX payment_shift ON payment (shift_id, id);
CREATE INDEX payment_network ON payment (network_id, id);
SELECT scope_policy('payment', NULL, 'staff_id', NULL);
CREATE TABLE payment_tender (
    id bigint PRIMARY KEY DEFAULT id_next(),
    payment_id bigint NOT NULL REFERENCES payment,
    way smallint NOT NULL,                      -- code list tender_way
    amount bigint NOT NULL CONSTRAINT payment_tender_amount_range CHECK (amount > 0), -- as handed over
    reference text,                             -- number of the cheque, slip of the card
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX payment_tender_payment ON payment_tender (payment_id);

-- Serials of receipts: blocks handed to a hall or to one clerk. A row lock, taken last, keeps them
-- without gaps.
CREATE TABLE receipt_range (
    id bigint PRIMARY KEY DEFAULT id_next(),
    prefix text NOT NULL,
    digits integer NOT NULL DEFAULT 8 CONSTRAINT receipt_range_digits_range CHECK (digits BETWEEN 4 AND 12),
    first_number bigint NOT NULL CONSTRAINT receipt_range_first_number_range CHECK (first_number > 0),
    last_number bigint NOT NULL,
    next_number bigint NOT NULL,
    organisation_id bigint NOT NULL REFERENCES organisation,
    staff_id bigint REFERENCES staff,           -- NULL: anybody of the hall
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT receipt_range_last_number_order CHECK (last_number >= first_number),
    CONSTRAINT receipt_range_next_number_range CHECK (next_number BETWEEN first_number AND last_number + 1),
    CONSTRAINT receipt_range_first_number_taken EXCLUDE USING gist
        (text_range(prefix, prefix, '[]') WITH &&, int8range(first_number, last_number, '[]') WITH &&)
);
CREATE INDEX receipt_range_organisation ON receipt_range (organisation_id) WHERE next_number <= last_number;
SELECT scope_policy('receipt_range', NULL, NULL, NULL);

CREATE TABLE receipt (
    id bigint PRIMARY KEY DEFAULT id_next(),
    serial text NOT NULL CONSTRAINT receipt_serial_taken UNIQUE,
    payment_id bigint REFERENCES payment,       -- NULL: void without a payment, a spoilt sheet
    state smallint NOT NULL DEFAULT 1 CONSTRAINT receipt_state_known CHECK (state IN (1, 2)), -- used, void
    printed integer NOT NULL DEFAULT 0,         -- how often; from the second on marked as a reprint
    amount bigint NOT NULL,
    staff_id bigint NOT NULL REFERENCES staff,
    issued_at timestamptz NOT NULL,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX receipt_payment ON receipt (payment_id);
CREATE INDEX receipt_hall ON receipt (hall_id, id);
SELECT scope_policy('receipt', NULL, 'staff_id', NULL);

-- Double entry: debits positive, credits negative, every entry sums to nothing; rows only come.
CREATE TABLE posting (
    id bigint PRIMARY KEY DEFAULT id_next(),
    entry_id bigint NOT NULL,                   -- the payment, refund, reversal … that it belongs to
    ledger_account smallint NOT NULL,           -- code list ledger_account
    amount bigint NOT NULL CONSTRAINT posting_amount_range CHECK (amount <> 0),
    customer_id bigint REFERENCES customer,
    customer_order_id bigint REFERENCES customer_order,
    payment_id bigint REFERENCES payment,
    charge_item smallint,
    staff_id bigint NOT NULL REFERENCES staff,
    posted_at timestamptz NOT NULL,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0
);
CREATE INDEX posting_entry ON posting (entry_id);
CREATE INDEX posting_hall ON posting (hall_id, posted_at);
SELECT scope_policy('posting', NULL, NULL, NULL);

CREATE FUNCTION posting_balance() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF (SELECT sum(amount) FROM posting WHERE entry_id = NEW.entry_id) <> 0 THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'posting_amount_balance', TABLE = 'posting', MESSAGE = 'entry does not balance';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER posting_balance AFTER INSERT ON posting DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION posting_balance();
CREATE FUNCTION posting_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'postings are reversed, never changed'; END $$;
CREATE TRIGGER posting_kept BEFORE UPDATE OR DELETE ON posting FOR EACH STATEMENT EXECUTE FUNCTION posting_kept();

-- Writes the rows of one entry under the context of the gate; arrays run in parallel.
CREATE FUNCTION posting_put(p_entry bigint, p_customer bigint, p_order bigint, p_payment bigint,
                            p_organisation bigint, p_accounts smallint[], p_amounts bigint[], p_items smallint[]) RETURNS void
LANGUAGE sql SET search_path = public AS
$$ INSERT INTO posting (entry_id, ledger_account, amount, customer_id, customer_order_id, payment_id, charge_item, staff_id,
                        posted_at, network_id, area_id, hall_id)
   SELECT p_entry, u.account, u.amount, p_customer, p_order, p_payment, nullif(u.item, 0), gate_actor(), gate_now(), gate_network(),
          o.area_id, o.hall_id
     FROM unnest(p_accounts, p_amounts, p_items) u (account, amount, item) CROSS JOIN organisation o
    WHERE o.id = p_organisation $$;
