-- Regions (administrative tree of free depth), organisations (company tree), posts, and parties,
-- of which staff are one role. Rights are in 30_access.sql.

CREATE TABLE region (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    level smallint NOT NULL,          -- code list region_level, extendable
    parent_id bigint REFERENCES region,
    path text NOT NULL DEFAULT '',    -- ids from the root, '/1/2/3/': kept by region_path()
    standard boolean NOT NULL DEFAULT false, -- part of a common structure that is handed down [17-145]
    origin text NOT NULL DEFAULT '',  -- the office that handed it down; '': kept here. What came from above is not changed here [17-146]
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
    origin text NOT NULL DEFAULT '',
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
    -- Parties and orders belong to a network; they cannot follow a node into another.
    IF TG_OP = 'UPDATE' AND OLD.network_id <> 0 AND NEW.network_id <> OLD.network_id AND EXISTS (SELECT FROM party WHERE network_id = OLD.network_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'organisation_parent_id_network', TABLE = 'organisation', MESSAGE = 'other network';
    END IF;
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
    origin text NOT NULL DEFAULT '',
    status smallint NOT NULL DEFAULT 1 CONSTRAINT post_status_known CHECK (status IN (1, 2)),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT post_parent_id_self CHECK (parent_id <> id)
);
CREATE INDEX post_parent ON post (parent_id, code);

-- The posts of a channel stand in one hierarchy of that channel, without loops [CH-43].
CREATE FUNCTION post_tree() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS
$$
DECLARE above post;
BEGIN
    IF NEW.parent_id IS NOT NULL THEN
        SELECT * INTO above FROM post WHERE id = NEW.parent_id FOR SHARE;
        IF above.channel <> NEW.channel THEN
            RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'post_parent_id_channel', TABLE = 'post', MESSAGE = 'other channel';
        END IF;
        IF EXISTS (WITH RECURSIVE up (id, parent_id) AS (
                       SELECT above.id, above.parent_id
                       UNION SELECT p.id, p.parent_id FROM post p JOIN up ON p.id = up.parent_id)
                   SELECT FROM up WHERE id = NEW.id) THEN
            RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'post_parent_id_loop', TABLE = 'post', MESSAGE = 'loop';
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.channel <> OLD.channel AND EXISTS (SELECT FROM post WHERE parent_id = NEW.id) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'post_channel_below', TABLE = 'post', MESSAGE = 'posts below';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER post_tree BEFORE INSERT OR UPDATE OF parent_id, channel ON post FOR EACH ROW EXECUTE FUNCTION post_tree();

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

-- What was written at a hall follows it into another area, so that lists by area stay whole. Money stays
-- where it was taken: its sums are closed by hall and day.
CREATE FUNCTION place_tables() RETURNS SETOF regclass LANGUAGE sql STABLE SET search_path = public AS
$$ SELECT c.oid::regclass FROM pg_class c
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
      AND c.relname NOT IN ('organisation', 'staff', 'session', 'operation_log', 'payment', 'posting', 'receipt', 'shift')
      AND (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped
                AND a.attname IN ('network_id', 'area_id', 'hall_id')) = 3
    ORDER BY c.relname $$;
CREATE FUNCTION place_records_move(p_from bigint, p_hall bigint, p_area bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE t regclass;
BEGIN
    FOR t IN SELECT * FROM place_tables() LOOP
        EXECUTE format('UPDATE %s SET hall_id = $1, area_id = $2 WHERE hall_id = $3 AND (hall_id, area_id) IS DISTINCT FROM ($1, $2)', t)
          USING p_hall, p_area, p_from;
    END LOOP;
END $$;
CREATE FUNCTION hall_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$ BEGIN PERFORM place_records_move(NEW.id, NEW.id, NEW.area_id); RETURN NULL; END $$;
CREATE TRIGGER organisation_records AFTER UPDATE OF area_id, parent_id, place_level, path ON organisation
    FOR EACH ROW WHEN (NEW.place_level = 3 AND OLD.place_level = 3 AND OLD.area_id <> NEW.area_id) EXECUTE FUNCTION hall_follow();

ALTER TABLE organisation ADD CONSTRAINT organisation_administrator_staff FOREIGN KEY (administrator_id) REFERENCES staff;

SELECT scope_policy('staff', NULL, NULL, NULL);

-- Deleting is marking; the day counts towards the number's rest [17-150, 17-151].
CREATE FUNCTION staff_deleted() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.deleted_at := CASE WHEN NEW.status = 3 THEN now() END; RETURN NEW; END $$;
CREATE TRIGGER staff_deleted BEFORE UPDATE OF status ON staff FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION staff_deleted();

-- The lowest number of a range that nobody holds, and nobody held in the last days; NULL when the
-- range is used up. Those who ask wait for each other until they commit [17-151, 17-152].
CREATE FUNCTION staff_number_next(p_first text, p_last text, p_rest integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE found text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('staff_number'));
    SELECT x.number INTO found
      FROM (SELECT lpad(n::text, length(p_first), '0') AS number FROM generate_series(p_first::bigint, p_last::bigint) n) x
     WHERE NOT EXISTS (SELECT FROM staff s WHERE s.number = x.number
                          AND (s.status <> 3 OR s.deleted_at > now() - make_interval(days => p_rest)))
     ORDER BY x.number LIMIT 1;
    RETURN found;
END $$;
CREATE INDEX staff_number_all ON staff (number);

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

-- Nothing that is in use hangs below something that is not: the second net of the decisions. At
-- commit, because a merge first closes a node and then empties it.
CREATE FUNCTION tree_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE below boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I c JOIN %1$I p ON p.id = c.parent_id AND p.status <> 1 WHERE c.status = 1 AND (c.parent_id = $1 OR c.id = $1))', TG_TABLE_NAME)
       INTO below USING NEW.id;
    IF below THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_status_in_use', TABLE = TG_TABLE_NAME, MESSAGE = 'in use below';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER region_in_use AFTER UPDATE OF status, parent_id ON region DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tree_in_use();
CREATE CONSTRAINT TRIGGER organisation_in_use AFTER UPDATE OF status, parent_id ON organisation DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tree_in_use();
CREATE CONSTRAINT TRIGGER post_in_use AFTER UPDATE OF status, parent_id ON post DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tree_in_use();

-- One region takes over what belonged to another [CH-42]: what lies below, cabinets, and who serves it.
CREATE FUNCTION region_merge(p_from bigint, p_into bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    UPDATE region SET parent_id = p_into, version = version + 1 WHERE parent_id = p_from;
    UPDATE cabinet SET region_id = p_into, version = version + 1 WHERE region_id = p_from;
    DELETE FROM organisation_region x WHERE region_id = p_from AND EXISTS (SELECT FROM organisation_region y
        WHERE y.region_id = p_into AND (y.organisation_id, y.purpose) = (x.organisation_id, x.purpose));
    UPDATE organisation_region SET region_id = p_into, version = version + 1 WHERE region_id = p_from;
    DELETE FROM staff_region x WHERE region_id = p_from AND EXISTS (SELECT FROM staff_region y
        WHERE y.region_id = p_into AND (y.staff_id, y.purpose) = (x.staff_id, x.purpose));
    UPDATE staff_region SET region_id = p_into, version = version + 1 WHERE region_id = p_from;
    UPDATE code SET region_id = p_into, version = version + 1 WHERE region_id = p_from;
END $$;

-- The same of organisations: people, what lies below, regions, rights, and records made there.
CREATE FUNCTION organisation_merge(p_from bigint, p_into bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE target organisation;
BEGIN
    SELECT * INTO target FROM organisation WHERE id = p_into;
    UPDATE organisation SET parent_id = p_into, version = version + 1 WHERE parent_id = p_from;
    UPDATE staff SET organisation_id = p_into, version = version + 1 WHERE organisation_id = p_from;
    UPDATE staff_post SET organisation_id = p_into, version = version + 1 WHERE organisation_id = p_from;
    DELETE FROM organisation_region x WHERE organisation_id = p_from AND EXISTS (SELECT FROM organisation_region y
        WHERE y.organisation_id = p_into AND (y.region_id, y.purpose) = (x.region_id, x.purpose));
    UPDATE organisation_region SET organisation_id = p_into, version = version + 1 WHERE organisation_id = p_from;
    -- Rights granted there go along, unless the same stands at the target already.
    PERFORM set_config('halldesk.merging', p_into::text, true);
    UPDATE access_grant x SET status = 2, version = version + 1 WHERE place_id = p_from AND status = 1 AND EXISTS (SELECT FROM access_grant y
        WHERE y.place_id = p_into AND y.status = 1 AND y.staff_id = x.staff_id
          AND (y.role_id, y.permission_id) IS NOT DISTINCT FROM (x.role_id, x.permission_id));
    UPDATE access_grant SET place_id = p_into, version = version + 1 WHERE place_id = p_from AND status = 1;
    PERFORM set_config('halldesk.merging', '', true);
    IF target.place_level = 3 THEN
        PERFORM place_records_move(p_from, p_into, target.area_id);
    END IF;
END $$;

-- Who serves or manages which regions, with all that lies below them: the effect of a capture area
-- and the scope of a person in one list [17-143, 17-154, CH-42].
CREATE VIEW region_scope WITH (security_invoker = true) AS
SELECT (hashtextextended(x.organisation_id || '/' || coalesce(x.staff_id, 0) || '/' || r.id || '/' || x.purpose || '/' || x.region_id, 0) & 9223372036854775807) AS id,
       r.code, x.organisation_id, x.staff_id, x.purpose, x.region_id AS granted_id, r.id AS region_id, r.level, r.parent_id,
       o.network_id, o.area_id, o.hall_id
  FROM (SELECT organisation_id, NULL::bigint AS staff_id, region_id, purpose FROM organisation_region
        UNION ALL
        SELECT s.organisation_id, s.id, g.region_id, g.purpose FROM staff_region g JOIN staff s ON s.id = g.staff_id AND s.status = 1) x
  JOIN organisation o ON o.id = x.organisation_id AND o.status = 1
  JOIN region g ON g.id = x.region_id
  JOIN region r ON r.path ~>=~ g.path AND r.path ~<~ (left(g.path, -1) || '0') AND r.status = 1;

-- Standard structures [17-145, 17-146, 17-164]: one message holds nodes of one kind, parents first.
-- Forty nodes fit a message of the inbox, whatever their names.
CREATE FUNCTION standard_export(p_kind text, p_root bigint) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ WITH RECURSIVE post_depth (id, depth) AS (
       SELECT id, 0 FROM post WHERE parent_id IS NULL
       UNION ALL SELECT p.id, d.depth + 1 FROM post p JOIN post_depth d ON p.parent_id = d.id),
   node (depth, code, body) AS (
       SELECT length(r.path), r.code, jsonb_build_object('code', r.code, 'name', r.name, 'level', r.level, 'above', p.code, 'status', r.status)
         FROM region r LEFT JOIN region p ON p.id = r.parent_id AND p.standard
        WHERE p_kind = 'region' AND r.standard AND (p_root IS NULL OR starts_with(r.path, (SELECT path FROM region WHERE id = p_root)))
       UNION ALL
       SELECT length(r.path), r.code, jsonb_build_object('code', r.code, 'name', r.name, 'kind', r.kind, 'place_level', r.place_level, 'above', p.code, 'status', r.status)
         FROM organisation r LEFT JOIN organisation p ON p.id = r.parent_id AND p.standard
        WHERE p_kind = 'organisation' AND r.standard AND (p_root IS NULL OR starts_with(r.path, (SELECT path FROM organisation WHERE id = p_root)))
       UNION ALL
       SELECT d.depth, r.code, jsonb_build_object('code', r.code, 'name', r.name, 'channel', r.channel, 'above', p.code, 'status', r.status)
         FROM post r JOIN post_depth d ON d.id = r.id LEFT JOIN post p ON p.id = r.parent_id AND p.standard WHERE p_kind = 'post' AND r.standard),
   numbered AS (SELECT *, (row_number() OVER (ORDER BY depth, code) - 1) / 40 AS message FROM node)
   SELECT jsonb_build_object('kind', p_kind, 'nodes', jsonb_agg(body ORDER BY depth, code))::text FROM numbered GROUP BY message ORDER BY message $$;

-- Takes over what a superior office handed down. A node that is kept here under the same code is not
-- overwritten: the whole message is refused with its code. A root of organisations hangs itself below
-- the receiving network. Returns the number of nodes.
CREATE FUNCTION standard_receive(p_origin text, p_message text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    message jsonb := p_message::jsonb;
    node jsonb;
    own text;
    done integer := 0;
BEGIN
    IF coalesce(message ->> 'kind', '') NOT IN ('region', 'organisation', 'post') OR jsonb_typeof(message -> 'nodes') IS DISTINCT FROM 'array' THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'standard_kind_unknown', TABLE = 'standard', MESSAGE = 'not a standard structure';
    END IF;
    FOR node IN SELECT * FROM jsonb_array_elements(message -> 'nodes') LOOP
        EXECUTE format('SELECT code FROM %I WHERE code = $1 AND origin <> $2', message ->> 'kind') INTO own USING node ->> 'code', p_origin;
        IF own IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'standard_code_own', TABLE = 'standard', MESSAGE = own;
        END IF;
        CASE message ->> 'kind'
        WHEN 'region' THEN
            INSERT INTO region AS r (code, name, level, parent_id, standard, origin, status)
            VALUES (node ->> 'code', node ->> 'name', (node ->> 'level')::smallint, (SELECT id FROM region WHERE code = node ->> 'above'), true, p_origin, (node ->> 'status')::smallint)
            ON CONFLICT (code) DO UPDATE SET name = excluded.name, level = excluded.level, parent_id = excluded.parent_id, standard = true, status = excluded.status, version = r.version + 1;
        WHEN 'organisation' THEN
            INSERT INTO organisation AS r (code, name, kind, place_level, parent_id, standard, origin, status)
            VALUES (node ->> 'code', node ->> 'name', (node ->> 'kind')::smallint, (node ->> 'place_level')::smallint,
                    coalesce((SELECT id FROM organisation WHERE code = node ->> 'above'), gate_network()), true, p_origin, (node ->> 'status')::smallint)
            ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind, place_level = excluded.place_level, standard = true, status = excluded.status, version = r.version + 1;
        ELSE
            INSERT INTO post AS r (code, name, channel, parent_id, standard, origin, status)
            VALUES (node ->> 'code', node ->> 'name', (node ->> 'channel')::smallint, (SELECT id FROM post WHERE code = node ->> 'above'), true, p_origin, (node ->> 'status')::smallint)
            ON CONFLICT (code) DO UPDATE SET name = excluded.name, channel = excluded.channel, parent_id = excluded.parent_id, standard = true, status = excluded.status, version = r.version + 1;
        END CASE;
        done := done + 1;
    END LOOP;
    RETURN done;
END $$;
