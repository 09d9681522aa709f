-- Customers, their codes, contact media, contacts and passwords; the rules that guide entry; and
-- the search that recognises a customer by whatever is typed.

CREATE INDEX party_address ON party (address text_pattern_ops) WHERE address IS NOT NULL;
CREATE INDEX party_email ON party (email) WHERE email IS NOT NULL;

-- Several telephones, addresses … of a party; one of them may be the preferred way [10-19].
CREATE TABLE party_medium (
    id bigint PRIMARY KEY DEFAULT id_next(),
    party_id bigint NOT NULL REFERENCES party,
    kind smallint NOT NULL,               -- code list medium_kind
    value text NOT NULL CONSTRAINT party_medium_value_given CHECK (value <> ''),
    note text,                            -- when and for what
    preferred boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT party_medium_preferred_once EXCLUDE USING btree (party_id WITH =) WHERE (preferred)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX party_medium_party ON party_medium (party_id);
CREATE INDEX party_medium_value ON party_medium (value);

CREATE TABLE customer (
    id bigint PRIMARY KEY REFERENCES party,
    code text NOT NULL CONSTRAINT customer_code_taken UNIQUE,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    class smallint NOT NULL DEFAULT 1 CONSTRAINT customer_class_range CHECK (class BETWEEN 1 AND 62), -- code list customer_class, bit of a grant
    customer_type smallint,               -- code list customer_type, by class
    customer_subtype smallint,            -- the same list, one level down
    service_attribute smallint,
    service_grade smallint,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT customer_status_known CHECK (status IN (1, 2, 3)), -- potential, active, left
    manager_id bigint REFERENCES staff,
    partner_id bigint REFERENCES organisation, -- the partner who won the customer [10-27]
    default_account_id bigint,
    credit_grade smallint,
    loyalty_grade smallint,
    points bigint,
    -- background of a person
    occupation smallint,
    social_status smallint,
    education smallint,
    income_band smallint,
    marital_status smallint,
    lifestyle text,
    hobbies text,
    -- background of a company
    industry smallint,
    ownership smallint,
    company_scale smallint,
    employee_count integer CONSTRAINT customer_employee_count_range CHECK (employee_count >= 0),
    annual_revenue bigint CONSTRAINT customer_annual_revenue_range CHECK (annual_revenue >= 0),
    legal_representative text,
    extra jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX customer_code_pattern ON customer (code text_pattern_ops);
CREATE INDEX customer_hall ON customer (hall_id, id);
CREATE INDEX customer_area ON customer (area_id, id);
CREATE INDEX customer_network ON customer (network_id, id);
CREATE INDEX customer_manager ON customer (manager_id, id) WHERE manager_id IS NOT NULL;
CREATE INDEX customer_partner ON customer (partner_id, id) WHERE partner_id IS NOT NULL;
SELECT scope_policy('customer', 'class', 'manager_id', 'partner_id');

-- Codes of other levels: group-wide, province … [10-7]
CREATE TABLE customer_code (
    id bigint PRIMARY KEY DEFAULT id_next(),
    customer_id bigint NOT NULL REFERENCES customer,
    level smallint NOT NULL,
    code text NOT NULL CONSTRAINT customer_code_code_given CHECK (code <> ''),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT customer_code_level_once UNIQUE (customer_id, level) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT customer_code_code_taken UNIQUE (code, level) DEFERRABLE INITIALLY DEFERRED
);

-- Registry: a certificate belongs to one customer of the network. It frees a number when the
-- customer changes it; a customer who left keeps it, so that coming back is the same customer.
CREATE TABLE customer_certificate (
    network_id bigint NOT NULL,
    certificate_type smallint NOT NULL,
    certificate_number text NOT NULL,
    customer_id bigint NOT NULL REFERENCES customer,
    PRIMARY KEY (certificate_number, certificate_type, network_id)
);
CREATE INDEX customer_certificate_customer ON customer_certificate (customer_id);

CREATE FUNCTION customer_certificate_keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE p record;
BEGIN
    IF TG_TABLE_NAME = 'party' AND NOT EXISTS (SELECT FROM customer WHERE id = NEW.id) THEN
        RETURN NULL;
    END IF;
    SELECT network_id, certificate_type, certificate_number INTO p FROM party WHERE id = NEW.id;
    IF TG_TABLE_NAME = 'party' THEN
        DELETE FROM customer_certificate WHERE customer_id = NEW.id;
    END IF;
    IF p.certificate_type IS NULL OR p.certificate_number IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO customer_certificate (network_id, certificate_type, certificate_number, customer_id)
    VALUES (p.network_id, p.certificate_type, p.certificate_number, NEW.id) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '23505', CONSTRAINT = 'customer_certificate_number_taken', TABLE = 'customer',
            COLUMN = 'certificate_number', MESSAGE = 'certificate taken';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER customer_certificate_keep AFTER INSERT ON customer FOR EACH ROW EXECUTE FUNCTION customer_certificate_keep();
CREATE TRIGGER party_certificate_keep AFTER UPDATE OF certificate_type, certificate_number ON party FOR EACH ROW
    WHEN ((OLD.certificate_type, OLD.certificate_number) IS DISTINCT FROM (NEW.certificate_type, NEW.certificate_number))
    EXECUTE FUNCTION customer_certificate_keep();

-- A contact is a party in the role of contact; which customers it speaks for stands apart, so that
-- one contact serves several customers and one customer has several contacts [10-21].
CREATE TABLE contact (
    id bigint PRIMARY KEY REFERENCES party,
    code text NOT NULL CONSTRAINT contact_code_taken UNIQUE,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    employer text,
    job_title text,
    remark text,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT contact_status_known CHECK (status IN (1, 2)), -- in use, withdrawn
    customer_id bigint REFERENCES customer DEFERRABLE INITIALLY DEFERRED, -- the customer that the contact has become [10-22]
    extra jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX contact_hall ON contact (hall_id, id);
CREATE INDEX contact_area ON contact (area_id, id);
CREATE INDEX contact_network ON contact (network_id, id);
CREATE INDEX contact_code_pattern ON contact (code text_pattern_ops);
SELECT scope_policy('contact', NULL, NULL, NULL);

CREATE TABLE customer_contact (
    id bigint PRIMARY KEY DEFAULT id_next(),
    customer_id bigint NOT NULL REFERENCES customer,
    contact_id bigint NOT NULL REFERENCES contact,
    contact_type smallint NOT NULL DEFAULT 1, -- code list contact_type
    preferred boolean NOT NULL DEFAULT false,
    content text,                             -- what the contact is to be asked about
    status smallint NOT NULL DEFAULT 1 CONSTRAINT customer_contact_status_known CHECK (status IN (1, 2)), -- in use, ended
    network_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT customer_contact_preferred_once EXCLUDE USING btree (customer_id WITH =) WHERE (preferred AND status = 1)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX customer_contact_contact_id_once ON customer_contact (customer_id, contact_id, contact_type) WHERE status = 1;
CREATE INDEX customer_contact_contact ON customer_contact (contact_id, id);
SELECT network_policy('customer_contact');

-- Passwords of several kinds; only hashes are kept, and only the auth workers may read them [10-18].
CREATE TABLE customer_password (
    customer_id bigint NOT NULL REFERENCES customer,
    kind smallint NOT NULL,               -- code list customer_password_kind
    hash text NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    changed_at timestamptz NOT NULL DEFAULT gate_now(),
    changed_by bigint,
    PRIMARY KEY (customer_id, kind)
);

-- What a customer has proved within a session, and until when. Operations ask for a level.
CREATE TABLE customer_verification (
    session_id bigint NOT NULL REFERENCES session ON DELETE CASCADE,
    customer_id bigint NOT NULL REFERENCES customer,
    method smallint NOT NULL,             -- code list verification_method
    level smallint NOT NULL,
    verified_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (session_id, customer_id, method)
);

-- Which operation asks for which level: always, or only of a customer who has set such a password.
CREATE TABLE verification_demand (
    id bigint PRIMARY KEY DEFAULT id_next(),
    operation text NOT NULL CONSTRAINT verification_demand_operation_taken UNIQUE, -- a permission: customer.change
    level smallint NOT NULL CONSTRAINT verification_demand_level_range CHECK (level BETWEEN 1 AND 9),
    mode smallint NOT NULL DEFAULT 1 CONSTRAINT verification_demand_mode_known CHECK (mode IN (1, 2)), -- if set, always
    status smallint NOT NULL DEFAULT 1 CONSTRAINT verification_demand_status_known CHECK (status IN (1, 2)),
    version bigint NOT NULL DEFAULT 1
);
INSERT INTO verification_demand (operation, level, mode) VALUES ('customer.disclose', 1, 2), ('customer.change', 2, 1), ('customer_order.submit', 3, 1);

CREATE FUNCTION code_attribute(attributes text, name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT substring(attributes FROM '(?:^| )' || name || '=([^ ]*)') $$;

CREATE FUNCTION customer_password_level(p_kind smallint) RETURNS smallint LANGUAGE sql STABLE AS
$$ SELECT coalesce(code_attribute(attributes, 'level')::smallint, 1::smallint) FROM code WHERE list = 'customer_password_kind' AND number = p_kind $$;

-- The level that this session still has to be shown before the operation, 0 if none [10-3]. PL/pgSQL
-- keeps its plan; a function in SQL that cannot be inlined is planned at every call.
CREATE FUNCTION customer_verification_missing(p_customer bigint, p_operation text) RETURNS smallint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS
$$ BEGIN RETURN coalesce((
     SELECT d.level FROM verification_demand d
      WHERE d.operation = p_operation AND d.status = 1
        AND (d.mode = 2 OR EXISTS (SELECT FROM customer_password w
                                    WHERE w.customer_id = p_customer AND customer_password_level(w.kind) = d.level))
        AND NOT EXISTS (SELECT FROM customer_verification v
                         WHERE v.session_id = gate_session() AND v.customer_id = p_customer
                           AND v.level >= d.level AND v.until > now())), 0::smallint); END $$;

-- For the auth workers: the hash to compare with, and whether the password is locked.
CREATE FUNCTION customer_password_load(p_customer bigint, p_kind smallint)
RETURNS TABLE (hash text, failures integer, locked boolean, level smallint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT w.hash, w.failures, coalesce(w.locked_until > now(), false), customer_password_level(w.kind)
     FROM customer_password w WHERE w.customer_id = p_customer AND w.kind = p_kind $$;

CREATE FUNCTION customer_password_set(p_customer bigint, p_kind smallint, p_hash text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ INSERT INTO customer_password AS w (customer_id, kind, hash, changed_at, changed_by)
   VALUES (p_customer, p_kind, p_hash, gate_now(), gate_actor())
   ON CONFLICT (customer_id, kind) DO UPDATE SET hash = excluded.hash, failures = 0, locked_until = NULL,
      changed_at = excluded.changed_at, changed_by = excluded.changed_by $$;

CREATE FUNCTION customer_password_failed(p_customer bigint, p_kind smallint, p_limit integer, p_minutes integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ UPDATE customer_password SET failures = failures + 1,
          locked_until = CASE WHEN failures + 1 >= p_limit THEN now() + make_interval(mins => p_minutes) ELSE locked_until END
    WHERE customer_id = p_customer AND kind = p_kind $$;

-- Level and end of a verification that succeeded; failures of the password are forgotten.
CREATE FUNCTION customer_verification_put(p_customer bigint, p_method smallint, p_kind smallint, p_level smallint, p_minutes integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ UPDATE customer_password SET failures = 0, locked_until = NULL WHERE customer_id = p_customer AND kind = p_kind AND failures > 0;
   INSERT INTO customer_verification AS v (session_id, customer_id, method, level, verified_at, until)
   SELECT gate_session(), p_customer, p_method, p_level, gate_now(), now() + make_interval(mins => p_minutes)
   ON CONFLICT (session_id, customer_id, method) DO UPDATE
      SET level = CASE WHEN v.until > now() THEN greatest(v.level, excluded.level) ELSE excluded.level END,
          verified_at = excluded.verified_at, until = excluded.until $$;

-- Nobody reads or writes these two but through the functions above, which only auth workers may call.
REVOKE ALL ON TABLE customer_password, customer_verification FROM PUBLIC, halldesk_app;
REVOKE ALL ON FUNCTION customer_password_load(bigint, smallint), customer_password_set(bigint, smallint, text),
    customer_password_failed(bigint, smallint, integer, integer), customer_verification_put(bigint, smallint, smallint, smallint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION customer_password_load(bigint, smallint), customer_password_set(bigint, smallint, text),
    customer_password_failed(bigint, smallint, integer, integer), customer_verification_put(bigint, smallint, smallint, smallint, integer) TO halldesk_auth;

-- How a certificate of a type must look; data, so that a new kind of paper needs no programmer [10-11].
CREATE TABLE identity_rule (
    id bigint PRIMARY KEY DEFAULT id_next(),
    certificate_type smallint NOT NULL,
    party_kind smallint NOT NULL,          -- which kind of party it identifies; 0: any
    minimum integer CONSTRAINT identity_rule_minimum_range CHECK (minimum BETWEEN 0 AND 40),
    maximum integer CONSTRAINT identity_rule_maximum_range CHECK (maximum BETWEEN 0 AND 40),
    pattern text,
    method smallint NOT NULL DEFAULT 1,    -- code list identity_method
    status smallint NOT NULL DEFAULT 1 CONSTRAINT identity_rule_status_known CHECK (status IN (1, 2)),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT identity_rule_certificate_type_once UNIQUE (certificate_type),
    CONSTRAINT identity_rule_maximum_order CHECK (maximum IS NULL OR minimum IS NULL OR maximum >= minimum)
);
-- Numbers of code lists certificate_type and identity_method (forms/codes/party.codes).
INSERT INTO identity_rule (certificate_type, party_kind, minimum, maximum, pattern, method) VALUES
    (1, 1, 15, 18, '9{15}|9{17}[0-9X]', 2),
    (2, 1, 5, 20, 'X{5,20}', 1),
    (3, 1, 4, 24, NULL, 1),
    (4, 1, 9, 11, '[HM]9{8}|[HM]9{10}', 1),
    (5, 1, 8, 10, '9{8}|9{10}', 1),
    (6, 1, 15, 18, NULL, 3),
    (7, 1, 4, 24, NULL, 1),
    (11, 2, 18, 18, 'U{18}', 4),
    (12, 2, 15, 15, '9{15}', 6),
    (13, 2, 9, 10, 'X{9}|X{8}[-]X', 5),
    (14, 2, 4, 32, NULL, 1);

-- Years in which a division code was in force; loaded by the administrator, empty means unchecked.
CREATE TABLE division_year (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code integer NOT NULL CONSTRAINT division_year_code_range CHECK (code BETWEEN 100000 AND 999999),
    first_year smallint NOT NULL DEFAULT 0, -- 0: from the beginning
    last_year smallint NOT NULL DEFAULT 0,  -- 0: still in force
    name text NOT NULL DEFAULT '',
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT division_year_first_year_once UNIQUE (code, first_year, name),
    CONSTRAINT division_year_last_year_order CHECK (last_year = 0 OR last_year >= first_year)
);

-- Value that a field gets when the operator leaves it empty and the condition holds [10-13, 10-24].
CREATE TABLE default_rule (
    id bigint PRIMARY KEY DEFAULT id_next(),
    form text NOT NULL CONSTRAINT default_rule_form_known CHECK (form IN ('customer', 'account')),
    field text NOT NULL,
    priority integer NOT NULL DEFAULT 100, -- the lowest number that holds wins
    condition text,                        -- in the expression language; NULL: always
    value text NOT NULL,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT default_rule_status_known CHECK (status IN (1, 2)),
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX default_rule_form ON default_rule (form, priority, id) WHERE status = 1;
INSERT INTO default_rule (form, field, priority, condition, value) VALUES
    ('customer', 'class', 10, 'party_kind = person', 'public'),
    ('customer', 'class', 20, 'party_kind = company', 'business'),
    ('customer', 'service_grade', 10, 'class = key_account', 'gold'),
    ('customer', 'service_grade', 90, NULL, 'standard'),
    ('customer', 'credit_grade', 10, 'class = key_account', 'a'),
    ('customer', 'credit_grade', 90, NULL, 'c'),
    ('customer', 'loyalty_grade', 90, NULL, 'new'),
    ('customer', 'points', 90, NULL, '0');

-- Which fields are worth a look when one changes [10-28].
CREATE TABLE association_rule (
    id bigint PRIMARY KEY DEFAULT id_next(),
    form text NOT NULL CONSTRAINT association_rule_form_known CHECK (form IN ('customer', 'account')),
    field text NOT NULL,
    ask text NOT NULL,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT association_rule_status_known CHECK (status IN (1, 2)),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT association_rule_ask_once UNIQUE (form, field, ask),
    CONSTRAINT association_rule_ask_other CHECK (ask <> field)
);
INSERT INTO association_rule (form, field, ask) VALUES ('customer', 'address', 'contact_address'), ('customer', 'class', 'manager_id');

-- Who looks after a new customer: the most exact row that fits, then the lowest priority number [10-23].
CREATE TABLE manager_rule (
    id bigint PRIMARY KEY DEFAULT id_next(),
    manager_kind smallint NOT NULL,        -- code list manager_kind
    class smallint,                        -- NULL: any
    customer_type smallint,
    place_id bigint REFERENCES organisation, -- hall, area or network of the customer
    manager_id bigint NOT NULL REFERENCES staff,
    priority integer NOT NULL DEFAULT 100,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT manager_rule_status_known CHECK (status IN (1, 2)),
    network_id bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX manager_rule_class ON manager_rule (class);
SELECT network_policy('manager_rule');

-- Customers of the network that may be the same as one being typed, whatever the scope of who types:
-- certificate, telephones or whole name in common.
-- plpgsql keeps the plan for the session; as a SQL function it would be planned at every call.
CREATE FUNCTION customer_alike(p_customer bigint, p_certificate text, p_telephone text, p_mobile text, p_name text)
RETURNS TABLE (code text, name text, certificate_type smallint, certificate_number text, contact_telephone text, mobile text,
               address text, email text, birth_date date)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS
$$
#variable_conflict use_column
BEGIN RETURN QUERY WITH x AS MATERIALIZED (
     SELECT id FROM party WHERE certificate_number = upper(p_certificate)
     UNION SELECT id FROM party WHERE mobile IN (p_telephone, p_mobile)
     UNION SELECT id FROM party WHERE contact_telephone IN (p_telephone, p_mobile)
     UNION (SELECT id FROM party WHERE party.name = p_name LIMIT 50))
   SELECT c.code, p.name, p.certificate_type, p.certificate_number, p.contact_telephone, p.mobile, p.address, p.email, p.birth_date
     FROM x JOIN customer c ON c.id = x.id AND c.network_id + 0 = gate_network() AND c.id <> p_customer -- + 0: never by the network's index
     JOIN party p ON p.id = c.id LIMIT 60;
END $$;
