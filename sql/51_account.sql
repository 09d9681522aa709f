-- Accounts: who pays, how, when, and what the bill looks like.

CREATE TABLE account (
    id bigint PRIMARY KEY,
    code text NOT NULL CONSTRAINT account_code_taken UNIQUE,
    customer_id bigint NOT NULL REFERENCES customer, -- the owner [10-34]
    name text NOT NULL DEFAULT '' CONSTRAINT account_name_given CHECK (name <> ''), -- the customer's where none is typed
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    customer_class smallint NOT NULL DEFAULT 1, -- these three follow the customer: scope of grants
    manager_id bigint,
    partner_id bigint,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT account_status_known CHECK (status IN (1, 2, 3)), -- in use, suspended, invalid
    payment_mode smallint NOT NULL DEFAULT 1,   -- code list payment_mode
    billing_cycle smallint NOT NULL DEFAULT 1,  -- code list billing_cycle
    bill_format smallint NOT NULL DEFAULT 1,    -- code list bill_format
    contact_person text,
    contact_telephone text,
    bill_address text,
    postcode text,
    email text,
    invoice_title text,
    opened_on date NOT NULL DEFAULT CURRENT_DATE,
    extra jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX account_customer ON account (customer_id, id);
CREATE INDEX account_hall ON account (hall_id, id);
CREATE INDEX account_area ON account (area_id, id);
CREATE INDEX account_network ON account (network_id, id);
CREATE INDEX account_code_pattern ON account (code text_pattern_ops);
SELECT scope_policy('account', 'customer_class', 'manager_id', 'partner_id');
ALTER TABLE customer ADD CONSTRAINT customer_default_account_id_known FOREIGN KEY (default_account_id) REFERENCES account
    DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION account_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF TG_TABLE_NAME = 'account' THEN
        SELECT c.class, c.manager_id, c.partner_id INTO NEW.customer_class, NEW.manager_id, NEW.partner_id
          FROM customer c WHERE c.id = NEW.customer_id;
        RETURN NEW;
    END IF;
    UPDATE account SET customer_class = NEW.class, manager_id = NEW.manager_id, partner_id = NEW.partner_id WHERE customer_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER account_follow BEFORE INSERT OR UPDATE OF customer_id ON account FOR EACH ROW EXECUTE FUNCTION account_follow();
CREATE TRIGGER customer_account_follow AFTER UPDATE OF class, manager_id, partner_id ON customer FOR EACH ROW
    WHEN ((OLD.class, OLD.manager_id, OLD.partner_id) IS DISTINCT FROM (NEW.class, NEW.manager_id, NEW.partner_id))
    EXECUTE FUNCTION account_follow();

-- The default account is one of the customer's own [10-38].
CREATE FUNCTION customer_default_account() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF NOT EXISTS (SELECT FROM account WHERE id = NEW.default_account_id AND customer_id = NEW.id) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'customer_default_account_id_own', TABLE = 'customer', MESSAGE = 'not the customer''s own account';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER customer_default_account AFTER INSERT OR UPDATE OF default_account_id ON customer DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.default_account_id IS NOT NULL) EXECUTE FUNCTION customer_default_account();

-- What stands on the bill, in order [10-40].
CREATE TABLE account_bill_item (
    id bigint PRIMARY KEY DEFAULT id_next(),
    account_id bigint NOT NULL REFERENCES account,
    position integer NOT NULL DEFAULT 0,
    item smallint NOT NULL,                -- code list bill_item
    content smallint NOT NULL DEFAULT 1,   -- code list bill_content
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT account_bill_item_item_once UNIQUE (account_id, item) DEFERRABLE INITIALLY DEFERRED
);
-- Ways in which the bill travels [10-41].
CREATE TABLE account_delivery (
    id bigint PRIMARY KEY DEFAULT id_next(),
    account_id bigint NOT NULL REFERENCES account,
    way smallint NOT NULL,                 -- code list delivery_way
    cycle smallint NOT NULL DEFAULT 1,     -- code list delivery_cycle
    address text,                          -- postal address, number or mail box, by way
    postcode text,
    recipient text,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT account_delivery_way_once UNIQUE (account_id, way, address) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX account_delivery_account ON account_delivery (account_id);
-- Ways in which it is paid, the first priority first [10-42].
CREATE TABLE account_payment (
    id bigint PRIMARY KEY DEFAULT id_next(),
    account_id bigint NOT NULL REFERENCES account,
    method smallint NOT NULL,              -- code list payment_method
    priority integer NOT NULL DEFAULT 1 CONSTRAINT account_payment_priority_range CHECK (priority BETWEEN 1 AND 9),
    bank smallint,                         -- code list bank
    branch text,
    number text,                           -- bank account or card
    holder text,
    agreement text,                        -- authorisation of the bank
    expires_on date,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT account_payment_priority_once UNIQUE (account_id, priority) DEFERRABLE INITIALLY DEFERRED
);

-- What a payment method must be accompanied by, and how it must look [10-43].
CREATE TABLE payment_rule (
    id bigint PRIMARY KEY DEFAULT id_next(),
    method smallint NOT NULL,
    detail smallint NOT NULL,              -- code list payment_detail: which field of the line
    required boolean NOT NULL DEFAULT true,
    minimum integer CONSTRAINT payment_rule_minimum_range CHECK (minimum BETWEEN 0 AND 40),
    maximum integer CONSTRAINT payment_rule_maximum_range CHECK (maximum BETWEEN 0 AND 40),
    pattern text,
    check_kind smallint NOT NULL DEFAULT 1, -- code list payment_check
    status smallint NOT NULL DEFAULT 1 CONSTRAINT payment_rule_status_known CHECK (status IN (1, 2)),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT payment_rule_detail_once UNIQUE (method, detail)
);
-- Numbers of code lists payment_method, payment_detail and payment_check (forms/codes/customer_account.codes).
INSERT INTO payment_rule (method, detail, required, minimum, maximum, pattern, check_kind) VALUES
    (2, 1, true, NULL, NULL, NULL, 1),
    (2, 3, true, 8, 32, '9{8,32}', 1),
    (2, 4, true, NULL, NULL, NULL, 1),
    (2, 5, true, NULL, NULL, NULL, 1),
    (3, 1, true, NULL, NULL, NULL, 1),
    (3, 3, true, 13, 19, '9{13,19}', 2),
    (3, 4, true, NULL, NULL, NULL, 1),
    (3, 6, true, NULL, NULL, NULL, 3);

-- What billing must know of an account, as one message of the customer's stream [10-40].
CREATE FUNCTION account_billing_put(p_account bigint, p_type text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ SELECT outbox_put('billing', 'customer:' || c.code, p_type, jsonb_build_object(
       'account', a.code, 'customer', c.code, 'name', a.name,
       'status', CASE a.status WHEN 1 THEN 'inUse' WHEN 2 THEN 'suspended' ELSE 'invalid' END,
       'billingCycle', (SELECT k.name FROM code k WHERE k.list = 'billing_cycle' AND k.number = a.billing_cycle),
       'paymentMode', (SELECT k.name FROM code k WHERE k.list = 'payment_mode' AND k.number = a.payment_mode),
       'billFormat', (SELECT k.name FROM code k WHERE k.list = 'bill_format' AND k.number = a.bill_format),
       'billItems', (SELECT coalesce(jsonb_agg(jsonb_build_object('item', i.name, 'content', t.name) ORDER BY b.position, b.id), '[]')
                       FROM account_bill_item b JOIN code i ON i.list = 'bill_item' AND i.number = b.item
                       JOIN code t ON t.list = 'bill_content' AND t.number = b.content WHERE b.account_id = a.id),
       'deliveries', (SELECT coalesce(jsonb_agg(jsonb_build_object('way', w.name, 'cycle', y.name, 'to', d.address) ORDER BY d.id), '[]')
                        FROM account_delivery d JOIN code w ON w.list = 'delivery_way' AND w.number = d.way
                        JOIN code y ON y.list = 'delivery_cycle' AND y.number = d.cycle WHERE d.account_id = a.id))::text)
     FROM account a JOIN customer c ON c.id = a.customer_id WHERE a.id = p_account $$;

INSERT INTO setting (name, value, title_zh, title_en) VALUES
    ('account.billing_cycle', 'month_1', '缺省帐务周期', 'Default billing cycle'),
    ('customer.password_failures', '5', '客户密码错误上限', 'Failures until a customer password is locked'),
    ('customer.password_lock_minutes', '30', '客户密码锁定分钟', 'Minutes that a customer password stays locked'),
    ('customer.verification_minutes', '30', '客户核验有效分钟', 'Minutes that a verification of a customer holds'),
    ('customer.certificate_level', '1', '报证件号码的核验等级', 'Level of a certificate number that is told'),
    ('customer.duplicate_score', '500', '疑似重复客户分值', 'Score from which a customer is a likely duplicate');
