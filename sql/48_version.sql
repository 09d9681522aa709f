-- Versions with validity, for any table; and announcements, which have them.
--
-- A versioned table has the columns family_id (the id of its first edition), edition, status (1
-- draft, 2 in approval, 3 published, 4 retired), valid_from and valid_to (both days included).

-- Puts a row's place among its editions right, whoever writes it. Arguments: columns that may change
-- after publication beside status, validity and version.
CREATE FUNCTION version_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS
$$
DECLARE
    today date := (gate_now() AT TIME ZONE current_setting('TimeZone'))::date;
    later date;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.family_id := coalesce(NEW.family_id, NEW.id);
    ELSIF OLD.status IN (3, 4) AND (to_jsonb(OLD) - 'status' - 'valid_from' - 'valid_to' - 'version' - TG_ARGV) IS DISTINCT FROM
                                   (to_jsonb(NEW) - 'status' - 'valid_from' - 'valid_to' - 'version' - TG_ARGV) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_status_published', TABLE = TG_TABLE_NAME, MESSAGE = 'published';
    ELSIF OLD.status = 4 AND NEW.status <> 4 THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_status_published', TABLE = TG_TABLE_NAME, MESSAGE = 'retired';
    END IF;
    IF NEW.status = 3 AND (TG_OP = 'INSERT' OR OLD.status <> 3) THEN
        NEW.valid_from := greatest(coalesce(NEW.valid_from, today), today);
        -- The former ends the day before; one that would have begun on the same day never begins.
        EXECUTE format('UPDATE %I SET valid_to = $1 - 1, status = CASE WHEN valid_from = $1 THEN 4 ELSE status END, version = version + 1
                         WHERE family_id = $2 AND id <> $3 AND status = 3 AND valid_from <= $1 AND (valid_to IS NULL OR valid_to >= $1)', TG_TABLE_NAME)
          USING NEW.valid_from, NEW.family_id, NEW.id;
        -- One that is planned for later keeps its beginning.
        EXECUTE format('SELECT min(valid_from) FROM %I WHERE family_id = $1 AND id <> $2 AND status = 3 AND valid_from > $3', TG_TABLE_NAME)
           INTO later USING NEW.family_id, NEW.id, NEW.valid_from;
        NEW.valid_to := least(NEW.valid_to, later - 1);
    ELSIF TG_OP = 'UPDATE' AND NEW.status = 4 AND OLD.status = 3 THEN
        NEW.valid_to := greatest(least(coalesce(NEW.valid_to, today - 1), today - 1), NEW.valid_from - 1);
    END IF;
    RETURN NEW;
END $$;

-- Two editions are never valid on the same day, and there is one draft at a time.
CREATE FUNCTION version_enable(p_table text, VARIADIC p_free text[] DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS
$$
BEGIN
    EXECUTE format('ALTER TABLE %1$I ADD CONSTRAINT %2$I UNIQUE (family_id, edition),
        ADD CONSTRAINT %3$I CHECK (status BETWEEN 1 AND 4), ADD CONSTRAINT %4$I CHECK (valid_to >= valid_from - 1),
        ADD CONSTRAINT %5$I EXCLUDE USING gist (int8range(family_id, family_id, ''[]'') WITH &&, daterange(valid_from, valid_to + 1) WITH &&) WHERE (status IN (3, 4))',
        p_table, p_table || '_edition_once', p_table || '_status_known', p_table || '_valid_to_order', p_table || '_valid_from_overlap');
    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (family_id) WHERE status IN (1, 2)', p_table || '_status_draft', p_table);
    EXECUTE format('CREATE TRIGGER version_keep BEFORE INSERT OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION version_keep(%s)', p_table,
        (SELECT coalesce(string_agg(quote_literal(f), ', '), '') FROM unnest(p_free) f));
END $$;

-- The edition of a family that is valid on a day; NULL if none is.
CREATE FUNCTION version_on(p_table text, p_family bigint, p_day date) RETURNS bigint LANGUAGE plpgsql STABLE AS
$$
DECLARE found bigint;
BEGIN
    EXECUTE format('SELECT id FROM %I WHERE family_id = $1 AND status IN (3, 4) AND valid_from <= $2 AND (valid_to IS NULL OR valid_to >= $2)', p_table)
       INTO found USING p_family, p_day;
    RETURN found;
END $$;

-- The last edition of a family, and how many of it are not yet published.
CREATE FUNCTION version_editions(p_table text, p_family bigint) RETURNS TABLE (edition integer, drafts bigint) LANGUAGE plpgsql STABLE AS
$$
BEGIN
    RETURN QUERY EXECUTE format('SELECT max(edition)::integer, count(*) FILTER (WHERE status IN (1, 2)) FROM %I WHERE family_id = $1', p_table) USING p_family;
END $$;

CREATE TABLE announcement (
    id bigint PRIMARY KEY,
    number text NOT NULL UNIQUE,
    family_id bigint NOT NULL REFERENCES announcement,
    edition integer NOT NULL DEFAULT 1,
    title text NOT NULL,
    kind smallint NOT NULL,             -- code list announcement_kind
    important boolean NOT NULL DEFAULT false,
    body text NOT NULL,
    sender_id bigint NOT NULL REFERENCES organisation,
    author_id bigint NOT NULL REFERENCES staff,
    valid_from date,
    valid_to date,
    status smallint NOT NULL DEFAULT 1,
    announced_at timestamptz,
    extra jsonb NOT NULL DEFAULT '{}',
    network_id bigint NOT NULL,
    area_id bigint NOT NULL DEFAULT 0,
    hall_id bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 1
);
SELECT version_enable('announcement', 'announced_at', 'hall_id', 'area_id');
CREATE INDEX announcement_valid ON announcement (network_id, valid_from) WHERE status = 3;
CREATE INDEX announcement_hall ON announcement (hall_id, id);
CREATE INDEX announcement_area ON announcement (area_id, id);
CREATE INDEX announcement_network ON announcement (network_id, id);
SELECT scope_policy('announcement', NULL, NULL, NULL);

-- For whom: an organisation with all below it, those with a role, or both; without a line for all.
CREATE TABLE announcement_target (
    id bigint PRIMARY KEY DEFAULT id_next(),
    announcement_id bigint NOT NULL REFERENCES announcement,
    organisation_id bigint REFERENCES organisation,
    role_id bigint REFERENCES role,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT announcement_target_organisation_id_given CHECK (organisation_id IS NOT NULL OR role_id IS NOT NULL)
);
CREATE INDEX announcement_target_head ON announcement_target (announcement_id);
CREATE TABLE announcement_read (
    announcement_id bigint NOT NULL REFERENCES announcement,
    staff_id bigint NOT NULL REFERENCES staff,
    at timestamptz NOT NULL,
    PRIMARY KEY (announcement_id, staff_id)
);

CREATE FUNCTION announcement_concerns(p_announcement bigint, p_staff bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT NOT EXISTS (SELECT FROM announcement_target WHERE announcement_id = p_announcement)
       OR EXISTS (SELECT FROM announcement_target t
                    LEFT JOIN organisation o ON o.id = t.organisation_id
                    JOIN staff s ON s.id = p_staff JOIN organisation mine ON mine.id = s.organisation_id
                   WHERE t.announcement_id = p_announcement
                     AND (t.organisation_id IS NULL OR starts_with(mine.path, o.path))
                     AND (t.role_id IS NULL OR EXISTS (SELECT FROM access_grant g JOIN role_closure c ON c.role_id = g.role_id
                            WHERE g.staff_id = p_staff AND c.member_id = t.role_id AND g.status = 1
                              AND g.valid_from <= CURRENT_DATE AND (g.valid_to IS NULL OR g.valid_to >= CURRENT_DATE)))) $$;

-- What is in force for the actor today.
CREATE VIEW announcement_board WITH (security_invoker = true) AS
SELECT a.id, a.number, a.title, a.kind, a.important, a.body, a.sender_id, a.valid_from, a.valid_to, a.network_id, a.version,
       EXISTS (SELECT FROM announcement_read r WHERE r.announcement_id = a.id AND r.staff_id = gate_actor()) AS is_read
  FROM announcement a
 WHERE a.status = 3 AND a.valid_from <= gate_now()::date AND (a.valid_to IS NULL OR a.valid_to >= gate_now()::date)
   AND announcement_concerns(a.id, gate_actor());

CREATE OR REPLACE FUNCTION home_notices() RETURNS TABLE (id bigint, at timestamptz, sender text, subject text) LANGUAGE sql STABLE AS
$$ SELECT b.id, b.valid_from::timestamptz, o.name, b.title FROM announcement_board b JOIN organisation o ON o.id = b.sender_id
    WHERE NOT b.is_read ORDER BY b.important DESC, b.valid_from DESC, b.id DESC LIMIT 20 $$;

-- Tells the terminals of those concerned once an announcement comes into force.
CREATE FUNCTION duty_announce() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    a record;
    n integer := 0;
BEGIN
    FOR a IN UPDATE announcement SET announced_at = gate_now(), version = version + 1 WHERE id IN
                 (SELECT id FROM announcement WHERE status = 3 AND announced_at IS NULL AND valid_from <= gate_now()::date
                   ORDER BY id LIMIT 50 FOR UPDATE SKIP LOCKED)
             RETURNING id, title, network_id LOOP
        INSERT INTO push (session_token_hash, kind, payload)
        SELECT s.token_hash, 1, push_text('notice.announcement' || E'\t' || a.title)
          FROM session s WHERE s.state <> 3 AND s.network_id = a.network_id AND announcement_concerns(a.id, s.staff_id);
        n := n + 1;
    END LOOP;
    RETURN n;
END $$;
INSERT INTO duty (name, function, every, batch) VALUES ('announcement', 'duty_announce', '2 seconds', 50);
