-- Regions (administrative tree of free depth), organisations (company tree), posts, and parties,
-- of which staff are one role. Rights are in 30_access.sql.

CREATE TABLE region (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    level smallint NOT NULL,          -- code list region_level, extendable
    parent_id bigint REFERENCES region,
    path text NOT NULL DEFAULT '',    -- ids from the root, '/1/2/3/': kept by region_path()
    standard boolean NOT NULL DEFAULT false, -- defined above and handed down: not changed here
    status smallint NOT NULL DEFAULT 1 CONSTRAINT region_status_known CHECK (status IN (1, 2)),
    initials text NOT NULL DEFAULT '',
    network_id bigint,                -- the network that may change it; NULL: everyone's
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT region_parent_id_self CHECK (parent_id <> id)
);
CREATE INDEX region_parent ON region (parent_id, code);
CREATE INDEX region_name ON region (name text_pattern_ops);
CREATE INDEX region_path_prefix ON region (path text_pattern_ops);

ALTER TABLE code ADD CONSTRAINT code_region_id_known FOREIGN KEY (region_id) REFERENCES region;

CREATE TABLE organisation (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    kind smallint NOT NULL,           -- code list organisation_kind
    place_level smallint NOT NULL DEFAULT 0, -- 0 none, 1 network, 2 area, 3 hall: level of scope that it is
    parent_id bigint REFERENCES organisation,
    path text NOT NULL DEFAULT '',
    network_id bigint NOT NULL DEFAULT 0, -- nearest network, area and hall at or above; 0: none
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    administrator_id bigint,          -- staff who administers it [17-144]
    address text NOT NULL DEFAULT '',
    telephone text NOT NULL DEFAULT '',
    standard boolean NOT NULL DEFAULT false,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT organisation_status_known CHECK (status IN (1, 2)),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT organisation_parent_id_self CHECK (parent_id <> id)
);
CREATE INDEX organisation_parent ON organisation (parent_id, code);

-- Keeps path and places of a tree node, refuses loops, and carries a move down to the nodes below.
CREATE FUNCTION region_tree() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS
$$
DECLARE above text := '/';
BEGIN
    IF NEW.parent_id IS NOT NULL THEN
        SELECT path INTO above FROM region WHERE id = NEW.parent_id FOR SHARE;
        IF above LIKE '%/' || NEW.id || '/%' THEN
            RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'region_parent_id_loop', TABLE = 'region', MESSAGE = 'loop';
        END IF;
    END IF;
    NEW.path := above || NEW.id || '/';
    RETURN NEW;
END $$;
CREATE TRIGGER region_tree BEFORE INSERT OR UPDATE OF parent_id ON region FOR EACH ROW EXECUTE FUNCTION region_tree();

CREATE FUNCTION region_tree_below() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    UPDATE region SET path = NEW.path || substr(path, length(OLD.path) + 1) WHERE path LIKE OLD.path || '_%' AND id <> NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER region_tree_below AFTER UPDATE OF parent_id ON region FOR EACH ROW
    WHEN (OLD.path IS DISTINCT FROM NEW.path) EXECUTE FUNCTION region_tree_below();

CREATE FUNCTION organisation_tree() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS
$$
DECLARE above organisation;
BEGIN
    IF NEW.parent_id IS NOT NULL THEN
        SELECT * INTO above FROM organisation WHERE id = NEW.parent_id FOR SHARE;
        IF above.path LIKE '%/' || NEW.id || '/%' THEN
            RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'organisation_parent_id_loop', TABLE = 'organisation', MESSAGE = 'loop';
        END IF;
    END IF;
    NEW.path := coalesce(above.path, '/') || NEW.id || '/';
    NEW.network_id := CASE WHEN NEW.place_level = 1 THEN NEW.id ELSE coalesce(above.network_id, 0) END;
    NEW.area_id := CASE WHEN NEW.place_level = 2 THEN NEW.id WHEN NEW.place_level = 1 THEN 0 ELSE coalesce(above.area_id, 0) END;
    NEW.hall_id := CASE WHEN NEW.place_level = 3 THEN NEW.id WHEN NEW.place_level IN (1, 2) THEN 0 ELSE coalesce(above.hall_id, 0) END;
    RETURN NEW;
END $$;
CREATE TRIGGER organisation_tree BEFORE INSERT OR UPDATE OF parent_id, place_level, path ON organisation
    FOR EACH ROW EXECUTE FUNCTION organisation_tree();

CREATE FUNCTION organisation_tree_below() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    UPDATE organisation SET parent_id = parent_id, path = '' WHERE parent_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER organisation_tree_below AFTER UPDATE OF parent_id, place_level, path ON organisation FOR EACH ROW
    WHEN (OLD.path IS DISTINCT FROM NEW.path OR OLD.place_level <> NEW.place_level)
    EXECUTE FUNCTION organisation_tree_below();

-- Which regions an organisation serves (a hall's capture area), and which a person serves or manages.
CREATE TABLE organisation_region (
    id bigint PRIMARY KEY DEFAULT id_next(),
    organisation_id bigint NOT NULL REFERENCES organisation,
    region_id bigint NOT NULL REFERENCES region,
    purpose smallint NOT NULL DEFAULT 1, -- code list region_purpose: 1 capture, 2 management, 3 maintenance
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT organisation_region_region_id_once UNIQUE (organisation_id, region_id, purpose)
);

CREATE TABLE cabinet (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code text NOT NULL UNIQUE,
    name text NOT NULL DEFAULT '',
    region_id bigint NOT NULL REFERENCES region, -- exactly one, and a smallest one [CH-22]
    status smallint NOT NULL DEFAULT 1,
    version bigint NOT NULL DEFAULT 1
);

-- A cross-connect cabinet hangs on a leaf of the region tree, and a leaf with cabinets stays one.
CREATE FUNCTION cabinet_leaf() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS
$$
BEGIN
    IF TG_TABLE_NAME = 'cabinet' THEN
        IF EXISTS (SELECT FROM region WHERE parent_id = NEW.region_id AND status = 1) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'cabinet_region_id_leaf', TABLE = 'cabinet', MESSAGE = 'not a smallest region';
        END IF;
    ELSIF NEW.parent_id IS NOT NULL AND EXISTS (SELECT FROM cabinet WHERE region_id = NEW.parent_id AND status = 1) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'region_parent_id_cabinets', TABLE = 'region', MESSAGE = 'has cabinets';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER cabinet_leaf BEFORE INSERT OR UPDATE OF region_id ON cabinet FOR EACH ROW EXECUTE FUNCTION cabinet_leaf();
CREATE TRIGGER region_cabinets BEFORE INSERT OR UPDATE OF parent_id ON region FOR EACH ROW EXECUTE FUNCTION cabinet_leaf();

CREATE TABLE post (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    channel smallint NOT NULL DEFAULT 1, -- code list channel
    parent_id bigint REFERENCES post,
    standard boolean NOT NULL DEFAULT false,
    status smallint NOT NULL DEFAULT 1,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT post_parent_id_self CHECK (parent_id <> id)
);

-- A party: person or company. Customer, contact, staff, partner … are roles that share its id.
CREATE TABLE party (
    id bigint PRIMARY KEY,
    network_id bigint NOT NULL,
    name text NOT NULL CONSTRAINT party_name_given CHECK (name <> ''),
    party_kind smallint NOT NULL DEFAULT 1,  -- code list party_kind
    certificate_type smallint,
    certificate_number text,
    sex smallint,
    birth_date date,
    contact_telephone text,
    mobile text,
    email text,
    address text,
    contact_address text,
    postcode text,
    extra jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX party_name ON party (name text_pattern_ops);
CREATE INDEX party_certificate ON party (certificate_number) WHERE certificate_number IS NOT NULL;
CREATE INDEX party_contact_telephone ON party (contact_telephone) WHERE contact_telephone IS NOT NULL;
CREATE INDEX party_mobile ON party (mobile) WHERE mobile IS NOT NULL;
SELECT network_policy('party');

-- Words to find a party by: pinyin initials and character bigrams of its name, made by the worker
-- (server/party/pinyin.c), searched by equality.
CREATE TABLE party_word (
    word text NOT NULL,
    id bigint NOT NULL REFERENCES party,
    PRIMARY KEY (word, id)
);
CREATE INDEX party_word_party ON party_word (id);

CREATE TABLE staff (
    id bigint PRIMARY KEY REFERENCES party,
    number text NOT NULL,
    organisation_id bigint NOT NULL REFERENCES organisation,
    network_id bigint NOT NULL DEFAULT 0, -- kept from the organisation by staff_place()
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    kind smallint NOT NULL DEFAULT 1,     -- code list staff_kind: clerk, agent, manager …, service
    valid_from date NOT NULL DEFAULT CURRENT_DATE,
    valid_to date,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT staff_status_known CHECK (status IN (1, 2, 3)), -- in use, invalid, deleted
    deleted_at timestamptz,
    language text NOT NULL DEFAULT 'zh',
    workspace jsonb NOT NULL DEFAULT '{}', -- favourites and home layout [17-187, 17-188]
    extra jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT staff_valid_to_order CHECK (valid_to IS NULL OR valid_to >= valid_from),
    CONSTRAINT staff_number_shape CHECK (number ~ '^[0-9A-Z]{3,12}$')
);
-- A number is free again once its holder is deleted [17-151].
CREATE UNIQUE INDEX staff_number_unique ON staff (number) WHERE status <> 3;
CREATE INDEX staff_hall ON staff (hall_id, id);
CREATE INDEX staff_area ON staff (area_id, id);
CREATE INDEX staff_network ON staff (network_id, id);

CREATE FUNCTION staff_place() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS
$$
BEGIN
    SELECT o.network_id, o.area_id, o.hall_id INTO NEW.network_id, NEW.area_id, NEW.hall_id
      FROM organisation o WHERE o.id = NEW.organisation_id;
    RETURN NEW;
END $$;
CREATE TRIGGER staff_place BEFORE INSERT OR UPDATE OF organisation_id ON staff FOR EACH ROW EXECUTE FUNCTION staff_place();

CREATE FUNCTION staff_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    UPDATE staff SET organisation_id = organisation_id WHERE organisation_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER organisation_staff AFTER UPDATE OF network_id, area_id, hall_id, parent_id, place_level, path ON organisation
    FOR EACH ROW WHEN ((OLD.network_id, OLD.area_id, OLD.hall_id) IS DISTINCT FROM (NEW.network_id, NEW.area_id, NEW.hall_id))
    EXECUTE FUNCTION staff_follow();

ALTER TABLE organisation ADD CONSTRAINT organisation_administrator_staff FOREIGN KEY (administrator_id) REFERENCES staff;

CREATE TABLE staff_post (
    id bigint PRIMARY KEY DEFAULT id_next(),
    staff_id bigint NOT NULL REFERENCES staff,
    post_id bigint NOT NULL REFERENCES post,
    organisation_id bigint NOT NULL REFERENCES organisation,
    valid_from date NOT NULL DEFAULT CURRENT_DATE,
    valid_to date,
    version bigint NOT NULL DEFAULT 1
);
CREATE TABLE staff_region (
    id bigint PRIMARY KEY DEFAULT id_next(),
    staff_id bigint NOT NULL REFERENCES staff,
    region_id bigint NOT NULL REFERENCES region,
    purpose smallint NOT NULL DEFAULT 1,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT staff_region_region_id_once UNIQUE (staff_id, region_id, purpose)
);

-- Read and written by the role of the auth workers only.
CREATE TABLE credential (
    staff_id bigint PRIMARY KEY REFERENCES staff,
    password_hash text NOT NULL,
    must_change boolean NOT NULL DEFAULT true,
    changed_at timestamptz NOT NULL DEFAULT now(),
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz
);
