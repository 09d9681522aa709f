-- Roles, grants and what follows from them. Which role holds which permission is data here and
-- nowhere else; access rows are worked out for a person whenever anything that they rest on changes.

CREATE TABLE role (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code text NOT NULL UNIQUE,
    name_zh text NOT NULL,
    name_en text NOT NULL DEFAULT '',
    channel smallint NOT NULL DEFAULT 0,    -- 0: any channel; else rights do not cross it [CH-45]
    status smallint NOT NULL DEFAULT 1 CONSTRAINT role_status_known CHECK (status IN (1, 2)),
    version bigint NOT NULL DEFAULT 1
);
CREATE TABLE role_permission (
    id bigint PRIMARY KEY DEFAULT id_next(),
    role_id bigint NOT NULL REFERENCES role,
    permission_id bigint NOT NULL REFERENCES permission,
    detail smallint NOT NULL DEFAULT 2 CONSTRAINT role_permission_detail_known CHECK (detail IN (1, 2)),
    place_level smallint NOT NULL DEFAULT 0, -- widens or narrows the grant's place to the holder's network (1), area (2), hall (3); 0: the grant's
    own boolean NOT NULL DEFAULT false,      -- only what the holder is responsible for
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT role_permission_permission_id_once UNIQUE (role_id, permission_id)
);
CREATE TABLE role_member (                   -- a role made of roles [17-160]
    id bigint PRIMARY KEY DEFAULT id_next(),
    role_id bigint NOT NULL REFERENCES role,
    member_id bigint NOT NULL REFERENCES role,
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT role_member_member_id_once UNIQUE (role_id, member_id),
    CONSTRAINT role_member_member_id_self CHECK (role_id <> member_id)
);
-- A grant: role or single permission, to a person, at a place, until a day.
CREATE TABLE access_grant (
    id bigint PRIMARY KEY DEFAULT id_next(),
    number text UNIQUE,
    staff_id bigint NOT NULL REFERENCES staff,
    role_id bigint REFERENCES role,
    permission_id bigint REFERENCES permission,
    place_id bigint NOT NULL REFERENCES organisation,
    classes bigint NOT NULL DEFAULT -1,      -- bit n: customer class n; -1: all
    own boolean NOT NULL DEFAULT false,
    partner_id bigint NOT NULL DEFAULT 0,
    valid_from date NOT NULL DEFAULT CURRENT_DATE,
    valid_to date,
    granted_by bigint REFERENCES staff,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT access_grant_status_known CHECK (status IN (1, 2)),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT access_grant_role_id_one CHECK ((role_id IS NULL) <> (permission_id IS NULL)),
    CONSTRAINT access_grant_valid_to_order CHECK (valid_to IS NULL OR valid_to >= valid_from)
);
CREATE INDEX access_grant_staff ON access_grant (staff_id);
CREATE INDEX access_grant_role ON access_grant (role_id);

-- Every role with the roles that it contains, itself included.
CREATE VIEW role_closure AS
WITH RECURSIVE closure (role_id, member_id, depth) AS (
    SELECT id, id, 0 FROM role WHERE status = 1
    UNION
    SELECT c.role_id, m.member_id, c.depth + 1 FROM closure c JOIN role_member m ON m.role_id = c.member_id
      JOIN role r ON r.id = m.member_id AND r.status = 1 WHERE c.depth < 16
)
SELECT DISTINCT role_id, member_id FROM closure;

-- Grants in force today, unfolded to permissions with the place that they reach.
CREATE VIEW access_branch AS
SELECT g.staff_id, p.permission_id, p.detail,
       CASE p.place_level WHEN 1 THEN s.network_id WHEN 2 THEN nullif(s.area_id, 0) WHEN 3 THEN nullif(s.hall_id, 0) ELSE g.place_id END AS place_id,
       g.classes, (g.own OR p.own) AS own, g.partner_id
  FROM access_grant g
  JOIN staff s ON s.id = g.staff_id AND s.status = 1
  JOIN (SELECT c.role_id, rp.permission_id, rp.detail, rp.place_level, rp.own
          FROM role_closure c JOIN role_permission rp ON rp.role_id = c.member_id) p ON p.role_id = g.role_id
 WHERE g.status = 1 AND g.valid_from <= CURRENT_DATE AND (g.valid_to IS NULL OR g.valid_to >= CURRENT_DATE)
UNION ALL
SELECT g.staff_id, g.permission_id, 2, g.place_id, g.classes, g.own, g.partner_id
  FROM access_grant g JOIN staff s ON s.id = g.staff_id AND s.status = 1
 WHERE g.permission_id IS NOT NULL AND g.status = 1
   AND g.valid_from <= CURRENT_DATE AND (g.valid_to IS NULL OR g.valid_to >= CURRENT_DATE);

-- Works out the rows of one person (NULL: of everybody). A branch inside a wider one is dropped;
-- a fifth that is left is refused, so that nothing is ever granted only in part.
CREATE FUNCTION access_rebuild(p_staff bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE over record;
BEGIN
    DELETE FROM access WHERE p_staff IS NULL OR staff_id = p_staff;
    CREATE TEMPORARY TABLE IF NOT EXISTS access_work (staff_id bigint, permission_id bigint, detail smallint, place_id bigint, path text,
        classes bigint, own bigint, partner_id bigint, n integer) ON COMMIT DROP;
    TRUNCATE access_work;
    INSERT INTO access_work
    SELECT DISTINCT b.staff_id, b.permission_id, b.detail, b.place_id, o.path, b.classes, b.own::int::bigint, b.partner_id, 0
      FROM access_branch b JOIN organisation o ON o.id = b.place_id WHERE p_staff IS NULL OR b.staff_id = p_staff;
    DELETE FROM access_work w USING access_work v
     WHERE w.staff_id = v.staff_id AND w.permission_id = v.permission_id
       AND w.path LIKE v.path || '%' AND (w.classes & ~v.classes) = 0 AND w.own >= v.own
       AND (v.partner_id = 0 OR v.partner_id = w.partner_id) AND w.detail <= v.detail
       AND (w.place_id, w.classes, w.own, w.partner_id, w.detail) IS DISTINCT FROM (v.place_id, v.classes, v.own, v.partner_id, v.detail);
    UPDATE access_work w SET n = x.n
      FROM (SELECT ctid AS at, row_number() OVER (PARTITION BY staff_id, permission_id ORDER BY length(path), place_id, classes, own) AS n
              FROM access_work) x WHERE x.at = w.ctid;
    SELECT staff_id, permission_id INTO over FROM access_work WHERE n > 4 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'access_grant_place_id_branches', TABLE = 'access_grant',
            MESSAGE = 'more than four scopes of one permission';
    END IF;
    INSERT INTO access (staff_id, permission_id, table_name, detail, branches,
        place_1, classes_1, own_1, partner_1, place_2, classes_2, own_2, partner_2,
        place_3, classes_3, own_3, partner_3, place_4, classes_4, own_4, partner_4)
    SELECT w.staff_id, w.permission_id, p.table_name, max(w.detail), max(w.n),
        max(w.place_id) FILTER (WHERE n = 1), max(w.classes) FILTER (WHERE n = 1), max(w.own) FILTER (WHERE n = 1), max(w.partner_id) FILTER (WHERE n = 1),
        coalesce(max(w.place_id) FILTER (WHERE n = 2), 0), coalesce(max(w.classes) FILTER (WHERE n = 2), 0), coalesce(max(w.own) FILTER (WHERE n = 2), 0), coalesce(max(w.partner_id) FILTER (WHERE n = 2), 0),
        coalesce(max(w.place_id) FILTER (WHERE n = 3), 0), coalesce(max(w.classes) FILTER (WHERE n = 3), 0), coalesce(max(w.own) FILTER (WHERE n = 3), 0), coalesce(max(w.partner_id) FILTER (WHERE n = 3), 0),
        coalesce(max(w.place_id) FILTER (WHERE n = 4), 0), coalesce(max(w.classes) FILTER (WHERE n = 4), 0), coalesce(max(w.own) FILTER (WHERE n = 4), 0), coalesce(max(w.partner_id) FILTER (WHERE n = 4), 0)
      FROM access_work w JOIN permission p ON p.id = w.permission_id
     GROUP BY w.staff_id, w.permission_id, p.table_name;
    UPDATE epoch SET rights = rights + 1;
END $$;

CREATE FUNCTION access_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF TG_TABLE_NAME = 'access_grant' THEN
        PERFORM access_rebuild(CASE WHEN TG_OP = 'DELETE' THEN OLD.staff_id ELSE NEW.staff_id END);
    ELSIF TG_TABLE_NAME = 'staff' THEN
        PERFORM access_rebuild(NEW.id);
    ELSIF TG_TABLE_NAME = 'role_permission' THEN
        PERFORM access_rebuild(s) FROM (SELECT DISTINCT g.staff_id AS s FROM access_grant g JOIN role_closure c ON c.role_id = g.role_id
            WHERE c.member_id = CASE WHEN TG_OP = 'DELETE' THEN OLD.role_id ELSE NEW.role_id END) x;
    ELSE
        PERFORM access_rebuild(NULL);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER access_grant_access AFTER INSERT OR UPDATE OR DELETE ON access_grant DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION access_changed();
CREATE CONSTRAINT TRIGGER staff_access AFTER UPDATE ON staff DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ((OLD.status, OLD.organisation_id, OLD.network_id, OLD.area_id, OLD.hall_id) IS DISTINCT FROM
                       (NEW.status, NEW.organisation_id, NEW.network_id, NEW.area_id, NEW.hall_id)) EXECUTE FUNCTION access_changed();
CREATE CONSTRAINT TRIGGER role_permission_access AFTER INSERT OR UPDATE OR DELETE ON role_permission DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION access_changed();
CREATE TRIGGER role_member_access AFTER INSERT OR UPDATE OR DELETE ON role_member FOR EACH STATEMENT EXECUTE FUNCTION access_changed();
CREATE CONSTRAINT TRIGGER role_access AFTER UPDATE ON role DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION access_changed();

-- What a sign-in needs, for the auth role only.
CREATE FUNCTION auth_lookup(p_number text, OUT o_staff bigint, OUT o_hash text, OUT o_status smallint, OUT o_valid boolean,
                            OUT o_locked boolean, OUT o_must_change boolean, OUT o_sessions integer)
RETURNS SETOF record LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ SELECT s.id, c.password_hash, s.status,
          CURRENT_DATE >= s.valid_from AND (s.valid_to IS NULL OR CURRENT_DATE <= s.valid_to),
          coalesce(c.locked_until > now(), false), c.must_change,
          (SELECT count(*)::int FROM session x WHERE x.staff_id = s.id AND x.state <> 3)
     FROM staff s JOIN credential c ON c.staff_id = s.id WHERE s.number = p_number AND s.status <> 3 $$;

CREATE FUNCTION auth_failed(p_staff bigint, p_number text, p_result integer, p_limit integer, p_minutes integer, p_address text, p_line text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    UPDATE credential SET failures = failures + 1,
           locked_until = CASE WHEN failures + 1 >= p_limit THEN now() + make_interval(mins => p_minutes) ELSE locked_until END
     WHERE staff_id = p_staff AND p_result = 11;
    INSERT INTO operation_log (id, at, staff_id, staff_number, kind, form, verb, action, result, address, line, network_id, area_id, hall_id)
    SELECT nextval('operation_number'), now() + i.clock_shift, p_staff, p_number, 1, 0, 0, 'sign_in', p_result, p_address, p_line, s.network_id, s.area_id, s.hall_id
      FROM installation i LEFT JOIN staff s ON s.id = p_staff;
END $$;

CREATE FUNCTION auth_succeeded(p_staff bigint, p_token bytea, p_language text, p_address text, p_line text, p_new_hash text, p_take_over boolean)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE new_id bigint := id_next();
BEGIN
    UPDATE credential SET failures = 0, locked_until = NULL,
           password_hash = coalesce(p_new_hash, password_hash),
           must_change = CASE WHEN p_new_hash IS NULL THEN must_change ELSE false END,
           changed_at = CASE WHEN p_new_hash IS NULL THEN changed_at ELSE now() END
     WHERE staff_id = p_staff;
    IF p_take_over THEN
        UPDATE session SET state = 3, ended_at = now(), ended_reason = 'taken over' WHERE staff_id = p_staff AND state <> 3;
    END IF;
    INSERT INTO session (id, token_hash, staff_id, staff_number, organisation_id, network_id, area_id, hall_id, language, address, line)
    SELECT new_id, p_token, s.id, s.number, s.organisation_id, s.network_id, s.area_id, s.hall_id, p_language, p_address, p_line
      FROM staff s WHERE s.id = p_staff;
    INSERT INTO session_slot (session_id, slot) SELECT new_id, n FROM generate_series(0, 7) n;
    INSERT INTO operation_log (id, at, session_id, staff_id, staff_number, kind, form, verb, action, address, line, network_id, area_id, hall_id)
    SELECT nextval('operation_number'), now() + i.clock_shift, s.id, s.staff_id, s.staff_number, 1, 0, 0,
           CASE WHEN p_new_hash IS NULL THEN 'sign_in' ELSE 'sign_in_password_changed' END, s.address, s.line, s.network_id, s.area_id, s.hall_id
      FROM session s CROSS JOIN installation i WHERE s.id = new_id;
    RETURN new_id;
END $$;

-- What a worker keeps of a session: identity, and every permission with its scope. The epochs come along.
CREATE FUNCTION session_identity(p_token bytea) RETURNS TABLE (session_id bigint, state smallint, staff_id bigint, staff_number text, staff_name text,
    organisation_id bigint, organisation_name text, network_id bigint, area_id bigint, hall_id bigint, language text, rights bigint, catalogue bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT s.id, s.state, s.staff_id, s.staff_number, p.name, s.organisation_id, o.name, s.network_id, s.area_id, s.hall_id, s.language, e.rights, e.catalogue
     FROM session s JOIN party p ON p.id = s.staff_id JOIN organisation o ON o.id = s.organisation_id CROSS JOIN epoch e
    WHERE s.token_hash = p_token $$;

CREATE FUNCTION session_access(p_token bytea) RETURNS TABLE (permission text, permission_id bigint, detail smallint, branches smallint,
    place_1 bigint, classes_1 bigint, own_1 bigint, partner_1 bigint, place_2 bigint, classes_2 bigint, own_2 bigint, partner_2 bigint,
    place_3 bigint, classes_3 bigint, own_3 bigint, partner_3 bigint, place_4 bigint, classes_4 bigint, own_4 bigint, partner_4 bigint,
    level_1 smallint, level_2 smallint, level_3 smallint, level_4 smallint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT p.name, a.permission_id, a.detail, a.branches, place_1, classes_1, own_1, partner_1, place_2, classes_2, own_2, partner_2,
          place_3, classes_3, own_3, partner_3, place_4, classes_4, own_4, partner_4,
          coalesce(o1.place_level, 0::smallint), coalesce(o2.place_level, 0::smallint), coalesce(o3.place_level, 0::smallint), coalesce(o4.place_level, 0::smallint)
     FROM session s JOIN access a ON a.staff_id = s.staff_id JOIN permission p ON p.id = a.permission_id
     LEFT JOIN organisation o1 ON o1.id = a.place_1 LEFT JOIN organisation o2 ON o2.id = a.place_2
     LEFT JOIN organisation o3 ON o3.id = a.place_3 LEFT JOIN organisation o4 ON o4.id = a.place_4
    WHERE s.token_hash = p_token $$;

-- Of the own session, for the auth role only.
CREATE FUNCTION auth_session_hash(p_token bytea) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT c.password_hash FROM session s JOIN credential c ON c.staff_id = s.staff_id
    WHERE s.token_hash = p_token AND s.state <> 3 AND coalesce(c.locked_until < now(), true) $$;

CREATE FUNCTION session_note(p_session bigint, p_action text, p_result integer) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ INSERT INTO operation_log (id, at, session_id, staff_id, staff_number, kind, form, verb, action, result, address, line, network_id, area_id, hall_id)
   SELECT nextval('operation_number'), now() + i.clock_shift, s.id, s.staff_id, s.staff_number, 1, 0, 0, p_action, p_result, s.address, s.line, s.network_id, s.area_id, s.hall_id
     FROM session s CROSS JOIN installation i WHERE s.id = p_session $$;

CREATE FUNCTION auth_unlock(p_token bytea, p_match boolean, p_limit integer, p_minutes integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE who record;
BEGIN
    SELECT id, staff_id INTO who FROM session WHERE token_hash = p_token AND state <> 3;
    IF p_match THEN
        UPDATE session SET state = 1 WHERE id = who.id;
        UPDATE credential SET failures = 0 WHERE staff_id = who.staff_id;
    ELSE
        UPDATE credential SET failures = failures + 1,
               locked_until = CASE WHEN failures + 1 >= p_limit THEN now() + make_interval(mins => p_minutes) ELSE locked_until END
         WHERE staff_id = who.staff_id;
    END IF;
    PERFORM session_note(who.id, 'unlock', CASE WHEN p_match THEN 0 ELSE 11 END);
END $$;

CREATE FUNCTION auth_password_set(p_token bytea, p_hash text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE who record;
BEGIN
    SELECT id, staff_id INTO who FROM session WHERE token_hash = p_token AND state = 1;
    UPDATE credential SET password_hash = p_hash, must_change = false, changed_at = now() WHERE staff_id = who.staff_id;
    PERFORM session_note(who.id, 'password', 0);
END $$;

-- An administrator gives somebody a first password; it must be changed at the next sign-in.
CREATE FUNCTION auth_reset(p_staff bigint, p_hash text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ INSERT INTO credential (staff_id, password_hash, must_change) VALUES (p_staff, p_hash, true)
   ON CONFLICT (staff_id) DO UPDATE SET password_hash = p_hash, must_change = true, changed_at = now(), failures = 0, locked_until = NULL $$;

CREATE FUNCTION session_end(p_session bigint, p_reason text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ UPDATE session SET state = 3, ended_at = now(), ended_reason = p_reason WHERE id = p_session AND state <> 3 $$;
CREATE FUNCTION session_lock(p_session bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ UPDATE session SET state = 2 WHERE id = p_session AND state = 1 $$;
