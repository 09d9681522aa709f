-- Roles, grants and what follows from them. Which role holds which permission is data here and
-- nowhere else; access rows are worked out for a person whenever anything that they rest on changes.

CREATE TABLE role (
    id bigint PRIMARY KEY DEFAULT id_next(),
    code text NOT NULL UNIQUE,
    name_zh text NOT NULL,
    name_en text NOT NULL DEFAULT '',
    channel smallint NOT NULL DEFAULT 0,    -- 0: any channel; else rights do not cross it [CH-45]
    hands_all boolean NOT NULL DEFAULT false, -- its holder may hand out rights that he does not use himself
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
CREATE INDEX access_grant_place ON access_grant (place_id);
-- The same right twice at one place would only hide the later revocation of one of them.
CREATE UNIQUE INDEX access_grant_role_id_once ON access_grant (staff_id, role_id, place_id) WHERE status = 1 AND role_id IS NOT NULL;
CREATE UNIQUE INDEX access_grant_permission_id_once ON access_grant (staff_id, permission_id, place_id) WHERE status = 1 AND permission_id IS NOT NULL;

-- A role never contains itself, however far down.
CREATE FUNCTION role_loop() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS
$$
BEGIN
    IF EXISTS (WITH RECURSIVE down (id) AS (
                   SELECT NEW.member_id UNION SELECT m.member_id FROM role_member m JOIN down d ON m.role_id = d.id)
               SELECT FROM down WHERE id = NEW.role_id) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'role_member_member_id_loop', TABLE = 'role_member', MESSAGE = 'loop';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER role_loop BEFORE INSERT OR UPDATE ON role_member FOR EACH ROW EXECUTE FUNCTION role_loop();

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
SELECT g.staff_id, g.role_id, p.member_id, p.permission_id, p.detail,
       CASE p.place_level WHEN 1 THEN s.network_id WHEN 2 THEN nullif(s.area_id, 0) WHEN 3 THEN nullif(s.hall_id, 0) ELSE g.place_id END AS place_id,
       g.classes, (g.own OR p.own) AS own, g.partner_id
  FROM access_grant g
  JOIN staff s ON s.id = g.staff_id AND s.status = 1
  JOIN (SELECT c.role_id, c.member_id, rp.permission_id, rp.detail, rp.place_level, rp.own
          FROM role_closure c JOIN role_permission rp ON rp.role_id = c.member_id) p ON p.role_id = g.role_id
 WHERE g.status = 1 AND g.valid_from <= CURRENT_DATE AND (g.valid_to IS NULL OR g.valid_to >= CURRENT_DATE)
UNION ALL
SELECT g.staff_id, NULL, NULL, g.permission_id, 2::smallint, g.place_id, g.classes, g.own, g.partner_id
  FROM access_grant g JOIN staff s ON s.id = g.staff_id AND s.status = 1
 WHERE g.permission_id IS NOT NULL AND g.status = 1
   AND g.valid_from <= CURRENT_DATE AND (g.valid_to IS NULL OR g.valid_to >= CURRENT_DATE);

-- Works out the rows of these people (NULL: of everybody), of these permissions (NULL: of all). A
-- branch inside a wider one is dropped; a fifth that is left is refused. Where branches that are left
-- differ in detail the smaller holds for all of them: two grants never add up to more than either.
CREATE FUNCTION access_rebuild_people(p_staff bigint[], p_permissions bigint[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE over record;
BEGIN
    IF p_staff IS NULL THEN
        SELECT array_agg(staff_id) INTO p_staff FROM (SELECT staff_id FROM access_grant UNION SELECT staff_id FROM access) x;
    END IF;
    DELETE FROM access WHERE staff_id = ANY(p_staff) AND (p_permissions IS NULL OR permission_id = ANY(p_permissions));
    IF to_regclass('pg_temp.access_work') IS NULL THEN
        CREATE TEMPORARY TABLE access_work (staff_id bigint, permission_id bigint, detail smallint, place_id bigint, path text,
            classes bigint, own bigint, partner_id bigint, n integer, several boolean) ON COMMIT DROP;
        CREATE INDEX ON access_work (staff_id, permission_id) WHERE several;
    END IF;
    TRUNCATE access_work;
    INSERT INTO access_work
    SELECT x.*, 1, count(*) OVER (PARTITION BY x.staff_id, x.permission_id) > 1
      FROM (SELECT DISTINCT b.staff_id, b.permission_id, b.detail, b.place_id, o.path, b.classes, b.own::int::bigint, b.partner_id
              FROM access_branch b JOIN organisation o ON o.id = b.place_id
             WHERE b.staff_id = ANY(p_staff) AND (p_permissions IS NULL OR b.permission_id = ANY(p_permissions))) x;
    DELETE FROM access_work w USING access_work v
     WHERE w.several AND v.several AND w.staff_id = v.staff_id AND w.permission_id = v.permission_id
       AND starts_with(w.path, v.path) AND (w.classes & ~v.classes) = 0 AND w.own >= v.own
       AND (v.partner_id = 0 OR v.partner_id = w.partner_id) AND w.detail <= v.detail
       AND (w.place_id, w.classes, w.own, w.partner_id, w.detail) IS DISTINCT FROM (v.place_id, v.classes, v.own, v.partner_id, v.detail);
    UPDATE access_work w SET n = x.n
      FROM (SELECT ctid AS at, row_number() OVER (PARTITION BY staff_id, permission_id ORDER BY length(path), place_id, classes, own) AS n
              FROM access_work WHERE several) x WHERE x.at = w.ctid AND x.n > 1;
    SELECT staff_id, permission_id INTO over FROM access_work WHERE n > 4 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'access_grant_place_id_branches', TABLE = 'access_grant',
            MESSAGE = 'more than four scopes of one permission';
    END IF;
    INSERT INTO access (staff_id, permission_id, table_name, detail, branches,
        place_1, classes_1, own_1, partner_1, place_2, classes_2, own_2, partner_2,
        place_3, classes_3, own_3, partner_3, place_4, classes_4, own_4, partner_4)
    SELECT w.staff_id, w.permission_id, p.table_name, min(w.detail), max(w.n),
        max(w.place_id) FILTER (WHERE n = 1), max(w.classes) FILTER (WHERE n = 1), max(w.own) FILTER (WHERE n = 1), max(w.partner_id) FILTER (WHERE n = 1),
        coalesce(max(w.place_id) FILTER (WHERE n = 2), 0), coalesce(max(w.classes) FILTER (WHERE n = 2), 0), coalesce(max(w.own) FILTER (WHERE n = 2), 0), coalesce(max(w.partner_id) FILTER (WHERE n = 2), 0),
        coalesce(max(w.place_id) FILTER (WHERE n = 3), 0), coalesce(max(w.classes) FILTER (WHERE n = 3), 0), coalesce(max(w.own) FILTER (WHERE n = 3), 0), coalesce(max(w.partner_id) FILTER (WHERE n = 3), 0),
        coalesce(max(w.place_id) FILTER (WHERE n = 4), 0), coalesce(max(w.classes) FILTER (WHERE n = 4), 0), coalesce(max(w.own) FILTER (WHERE n = 4), 0), coalesce(max(w.partner_id) FILTER (WHERE n = 4), 0)
      FROM access_work w JOIN permission p ON p.id = w.permission_id
     GROUP BY w.staff_id, w.permission_id, p.table_name;
    UPDATE epoch SET rights = rights + 1;
END $$;
CREATE FUNCTION access_rebuild(p_staff bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ SELECT access_rebuild_people(CASE WHEN p_staff IS NOT NULL THEN ARRAY[p_staff] END, NULL) $$;

-- The deferred triggers below fire when all of the transaction is written: the first for a person or
-- for a role's permission has seen everything, the others have nothing left to do.
CREATE FUNCTION access_once(p_key text) RETURNS boolean LANGUAGE plpgsql AS
$$
DECLARE done text := coalesce(current_setting('halldesk.access_done', true), '');
BEGIN
    IF strpos(done, '|' || p_key || '|') > 0 THEN
        RETURN false;
    END IF;
    PERFORM set_config('halldesk.access_done', done || '|' || p_key || '|', true);
    RETURN true;
END $$;

-- Everybody who has a role or one that contains it, whatever became of the role since.
CREATE FUNCTION role_holders(p_role bigint) RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ WITH RECURSIVE above (id) AS (SELECT p_role UNION SELECT m.role_id FROM role_member m JOIN above a ON m.member_id = a.id)
   SELECT array_agg(DISTINCT g.staff_id) FROM access_grant g JOIN above a ON a.id = g.role_id WHERE g.status = 1 $$;
CREATE FUNCTION role_reach(p_role bigint) RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ WITH RECURSIVE below (id) AS (SELECT p_role UNION SELECT m.member_id FROM role_member m JOIN below b ON m.role_id = b.id)
   SELECT array_agg(DISTINCT rp.permission_id) FROM role_permission rp JOIN below b ON b.id = rp.role_id $$;

CREATE FUNCTION access_rebuild_some(p_staff bigint[], p_permissions bigint[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF p_staff IS NOT NULL AND p_permissions IS NOT NULL THEN
        PERFORM access_rebuild_people(p_staff, p_permissions);
    END IF;
END $$;

CREATE FUNCTION access_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) ELSE '{}' END;
    is_now jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) ELSE '{}' END;
    who bigint;
    role bigint := coalesce(is_now ->> 'role_id', was ->> 'role_id')::bigint;
BEGIN
    IF TG_TABLE_NAME IN ('access_grant', 'staff') THEN
        who := coalesce(is_now ->> CASE TG_TABLE_NAME WHEN 'staff' THEN 'id' ELSE 'staff_id' END, was ->> 'staff_id')::bigint;
        IF access_once('staff ' || who) THEN
            PERFORM access_rebuild(who);
        END IF;
    ELSIF TG_TABLE_NAME = 'role_permission' THEN
        IF access_once(format('role %s %s %s', role, was ->> 'permission_id', is_now ->> 'permission_id')) THEN
            PERFORM access_rebuild_some(role_holders(role), array_remove(ARRAY[(was ->> 'permission_id')::bigint, (is_now ->> 'permission_id')::bigint], NULL));
        END IF;
    ELSIF TG_TABLE_NAME = 'role_member' THEN
        PERFORM access_rebuild_some(role_holders(role), role_reach(coalesce(is_now ->> 'member_id', was ->> 'member_id')::bigint));
    ELSE
        PERFORM access_rebuild_some(role_holders((is_now ->> 'id')::bigint), role_reach((is_now ->> 'id')::bigint));
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
CREATE CONSTRAINT TRIGGER role_member_access AFTER INSERT OR UPDATE OR DELETE ON role_member DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION access_changed();
CREATE CONSTRAINT TRIGGER role_access AFTER UPDATE ON role DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION access_changed();

-- --- Handing out rights: downward only, inside one channel [17-165, CH-45] ---

-- Does an organisation lie within a place where the person holds the permission? What limits an
-- administrator to his subtree [17-144].
CREATE FUNCTION access_covers(p_staff bigint, p_permission text, p_organisation bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT EXISTS (SELECT FROM permission p JOIN access a ON a.permission_id = p.id AND a.staff_id = p_staff
                    JOIN organisation o ON o.id = p_organisation
                    JOIN organisation c ON c.id IN (a.place_1, a.place_2, a.place_3, a.place_4) AND starts_with(o.path, c.path)
                   WHERE p.name = p_permission) $$;

CREATE FUNCTION access_hands_all(p_staff bigint, p_place bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT EXISTS (SELECT FROM access_grant g JOIN role_closure c ON c.role_id = g.role_id JOIN role r ON r.id = c.member_id AND r.hands_all
                    JOIN staff s ON s.id = g.staff_id AND s.status = 1
                    JOIN organisation h ON h.id = g.place_id JOIN organisation o ON o.id = p_place AND starts_with(o.path, h.path)
                   WHERE g.staff_id = p_staff AND g.status = 1 AND g.valid_from <= CURRENT_DATE AND (g.valid_to IS NULL OR g.valid_to >= CURRENT_DATE)) $$;

-- May the person hand out this permission at this place? What he holds himself, at a place above, in
-- every respect as wide; `access` still says what held before the change that asks.
CREATE FUNCTION access_holds(p_staff bigint, p_permission bigint, p_place bigint, p_detail smallint, p_classes bigint, p_own boolean, p_partner bigint)
RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT EXISTS (SELECT FROM access a JOIN organisation o ON o.id = p_place
                   CROSS JOIN LATERAL (VALUES (1, a.place_1, a.classes_1, a.own_1, a.partner_1), (2, a.place_2, a.classes_2, a.own_2, a.partner_2),
                                              (3, a.place_3, a.classes_3, a.own_3, a.partner_3), (4, a.place_4, a.classes_4, a.own_4, a.partner_4)
                                      ) b (n, place, classes, own, partner)
                    JOIN organisation c ON c.id = b.place AND starts_with(o.path, c.path)
                   WHERE a.staff_id = p_staff AND a.permission_id = p_permission AND b.n <= a.branches AND a.detail >= p_detail
                     AND (p_classes & ~b.classes) = 0 AND (b.own = 0 OR p_own) AND (b.partner = 0 OR b.partner = p_partner))
          OR access_hands_all(p_staff, p_place) $$;

-- Every permission that a role or a single permission would bring a person at a place.
CREATE FUNCTION access_wanted(p_staff bigint, p_role bigint, p_permission bigint, p_place bigint, p_own boolean)
RETURNS TABLE (permission_id bigint, place_id bigint, detail smallint, own boolean) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT x.* FROM (
       SELECT rp.permission_id, CASE rp.place_level WHEN 1 THEN s.network_id WHEN 2 THEN nullif(s.area_id, 0) WHEN 3 THEN nullif(s.hall_id, 0) ELSE p_place END AS place_id,
              rp.detail, (p_own OR rp.own) AS own
         FROM staff s, role_closure c JOIN role_permission rp ON rp.role_id = c.member_id
        WHERE s.id = p_staff AND c.role_id = p_role
       UNION ALL
       SELECT p_permission, p_place, 2::smallint, p_own WHERE p_permission IS NOT NULL) x WHERE x.place_id IS NOT NULL $$;

-- Names of the permissions that the giver cannot give; none: he may. '*' is the right to hand out all.
CREATE FUNCTION access_unheld(p_giver bigint, p_staff bigint, p_role bigint, p_permission bigint, p_place bigint, p_classes bigint, p_own boolean, p_partner bigint)
RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT DISTINCT p.name FROM access_wanted(p_staff, p_role, p_permission, p_place, p_own) w JOIN permission p ON p.id = w.permission_id
    WHERE NOT access_holds(p_giver, w.permission_id, w.place_id, w.detail, p_classes, w.own, p_partner)
   UNION ALL
   SELECT '*' WHERE EXISTS (SELECT FROM role_closure c JOIN role r ON r.id = c.member_id AND r.hands_all WHERE c.role_id = p_role)
                AND NOT access_hands_all(p_giver, p_place)
    ORDER BY 1 $$;

-- Channels are those of a person's posts; who has no post stands above them, in administration.
CREATE FUNCTION access_channel_fits(p_giver bigint, p_staff bigint, p_role bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ WITH held AS (SELECT sp.staff_id, p.channel FROM staff_post sp JOIN post p ON p.id = sp.post_id
                  WHERE sp.staff_id IN (p_giver, p_staff) AND sp.valid_from <= CURRENT_DATE AND (sp.valid_to IS NULL OR sp.valid_to >= CURRENT_DATE)),
        giver AS (SELECT channel FROM held WHERE staff_id = p_giver), taker AS (SELECT channel FROM held WHERE staff_id = p_staff),
        wanted AS (SELECT r.channel FROM role_closure c JOIN role r ON r.id = c.member_id WHERE c.role_id = p_role AND r.channel <> 0)
   SELECT NOT (EXISTS (SELECT FROM giver) AND EXISTS (SELECT FROM taker) AND NOT EXISTS (SELECT FROM giver JOIN taker USING (channel)))
      AND NOT (EXISTS (SELECT FROM giver) AND EXISTS (SELECT channel FROM wanted EXCEPT SELECT channel FROM giver))
      AND NOT (EXISTS (SELECT FROM taker) AND EXISTS (SELECT channel FROM wanted EXCEPT SELECT channel FROM taker)) $$;

-- The second net under the decisions: whatever operation writes a grant or what a role is made of, the
-- actor must hold it. Only the database's owner may do without (installation, migration).
CREATE FUNCTION access_unguarded() RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT gate_session() IS NULL AND (r.rolsuper OR r.oid = t.relowner)
     FROM pg_roles r, pg_class t WHERE r.rolname = session_user AND t.oid = 'access_grant'::regclass $$;
CREATE FUNCTION access_grant_held() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF NOT access_unguarded() AND EXISTS (SELECT FROM access_unheld(gate_actor(), NEW.staff_id, NEW.role_id, NEW.permission_id, NEW.place_id, NEW.classes, NEW.own, NEW.partner_id)) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'access_grant_place_id_unheld', TABLE = 'access_grant', MESSAGE = 'not held by the giver';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER access_grant_held BEFORE INSERT ON access_grant FOR EACH ROW EXECUTE FUNCTION access_grant_held();
CREATE TRIGGER access_grant_held_change BEFORE UPDATE ON access_grant FOR EACH ROW
    WHEN (NEW.status = 1 AND (OLD.status <> 1 OR (OLD.staff_id, OLD.place_id, OLD.classes, OLD.own, OLD.partner_id, OLD.valid_from) IS DISTINCT FROM
          (NEW.staff_id, NEW.place_id, NEW.classes, NEW.own, NEW.partner_id, NEW.valid_from) OR OLD.role_id IS DISTINCT FROM NEW.role_id
          OR OLD.permission_id IS DISTINCT FROM NEW.permission_id OR OLD.valid_to IS DISTINCT FROM NEW.valid_to)
          AND current_setting('halldesk.merging', true) IS DISTINCT FROM NEW.place_id::text) EXECUTE FUNCTION access_grant_held();

-- Adding to a role gives to everybody who has it: at each of those places the actor must hold what is
-- added; of a role that nobody has yet, anywhere.
CREATE FUNCTION role_permission_held() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF access_unguarded() THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM access_grant g JOIN role_closure c ON c.role_id = g.role_id AND c.member_id = NEW.role_id JOIN staff s ON s.id = g.staff_id AND s.status = 1
                WHERE g.status = 1 AND (g.valid_to IS NULL OR g.valid_to >= CURRENT_DATE)
                  AND NOT access_holds(gate_actor(), NEW.permission_id,
                          CASE NEW.place_level WHEN 1 THEN s.network_id WHEN 2 THEN coalesce(nullif(s.area_id, 0), g.place_id) WHEN 3 THEN coalesce(nullif(s.hall_id, 0), g.place_id) ELSE g.place_id END,
                          NEW.detail, g.classes, g.own OR NEW.own, g.partner_id))
       OR NOT EXISTS (SELECT FROM access a WHERE a.staff_id = gate_actor() AND a.permission_id = NEW.permission_id
                      UNION ALL SELECT FROM staff s WHERE s.id = gate_actor() AND access_hands_all(s.id, s.organisation_id)) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'role_permission_permission_id_unheld', TABLE = 'role_permission', MESSAGE = 'not held by the giver';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER role_permission_held BEFORE INSERT OR UPDATE ON role_permission FOR EACH ROW EXECUTE FUNCTION role_permission_held();

CREATE FUNCTION role_member_held() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF access_unguarded() THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT FROM access_grant g JOIN role_closure c ON c.role_id = g.role_id AND c.member_id = NEW.role_id
                CROSS JOIN LATERAL access_unheld(gate_actor(), g.staff_id, NEW.member_id, NULL, g.place_id, g.classes, g.own, g.partner_id) u
                WHERE g.status = 1 AND (g.valid_to IS NULL OR g.valid_to >= CURRENT_DATE))
       OR EXISTS (SELECT FROM staff s CROSS JOIN LATERAL access_unheld(s.id, s.id, NEW.member_id, NULL, s.organisation_id, -1, true, 0) u WHERE s.id = gate_actor()) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'role_member_member_id_unheld', TABLE = 'role_member', MESSAGE = 'not held by the giver';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER role_member_held BEFORE INSERT OR UPDATE ON role_member FOR EACH ROW EXECUTE FUNCTION role_member_held();

CREATE FUNCTION role_hands_all() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF NOT access_unguarded() AND NOT EXISTS (SELECT FROM staff s WHERE s.id = gate_actor() AND access_hands_all(s.id, s.network_id)) THEN
        RAISE EXCEPTION USING ERRCODE = '23514', CONSTRAINT = 'role_hands_all_unheld', TABLE = 'role', MESSAGE = 'not held by the giver';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER role_hands_all BEFORE INSERT OR UPDATE OF hands_all ON role FOR EACH ROW WHEN (NEW.hands_all) EXECUTE FUNCTION role_hands_all();

-- Is every place where a role is granted within the actor's reach? Changing a role changes them all.
CREATE FUNCTION role_beyond(p_staff bigint, p_role bigint) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT count(*) FROM access_grant g JOIN role_closure c ON c.role_id = g.role_id AND c.member_id = p_role
    WHERE g.status = 1 AND (g.valid_to IS NULL OR g.valid_to >= CURRENT_DATE) AND NOT access_covers(p_staff, 'role.change', g.place_id) $$;

-- Who may do what, through which role: for the auditor to read and to print. One row for each way.
CREATE VIEW staff_access WITH (security_invoker = true) AS
SELECT (hashtextextended(concat_ws('/', b.staff_id, b.role_id, b.member_id, b.permission_id, b.place_id, b.classes, b.own, b.partner_id, b.detail), 0) & 9223372036854775807) AS id,
       s.number || ' ' || p.name AS number, b.staff_id, b.permission_id, b.place_id, b.detail, b.own, b.classes,
       b.role_id, nullif(b.member_id, b.role_id) AS member_id, s.organisation_id, s.network_id, s.area_id, s.hall_id
  FROM (SELECT DISTINCT * FROM access_branch) b JOIN staff s ON s.id = b.staff_id JOIN permission p ON p.id = b.permission_id
 WHERE b.place_id IS NOT NULL;
CREATE VIEW role_access WITH (security_invoker = true) AS
SELECT (hashtextextended(concat_ws('/', c.role_id, c.member_id, rp.id), 0) & 9223372036854775807) AS id,
       r.code || ' ' || p.name AS number, c.role_id, nullif(c.member_id, c.role_id) AS member_id, rp.permission_id, rp.detail, rp.place_level, rp.own
  FROM role_closure c JOIN role r ON r.id = c.role_id JOIN role_permission rp ON rp.role_id = c.member_id JOIN permission p ON p.id = rp.permission_id;

-- The administrator of an organisation holds a role there, named by the setting
-- organisation.administrator_role; a new one takes it over from the one before [17-144].
CREATE FUNCTION organisation_administer(p_organisation bigint, p_staff bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE duty_role bigint;
BEGIN
    SELECT r.id INTO duty_role FROM role r JOIN setting s ON s.name = 'organisation.administrator_role' AND s.value = r.code;
    IF duty_role IS NULL THEN
        RETURN;
    END IF;
    UPDATE access_grant SET status = 2, version = version + 1
     WHERE role_id = duty_role AND place_id = p_organisation AND status = 1 AND staff_id IS DISTINCT FROM p_staff;
    IF p_staff IS NOT NULL THEN
        INSERT INTO access_grant (number, staff_id, role_id, place_id, granted_by)
        VALUES ('A' || p_organisation || '-' || p_staff || '-' || to_char(gate_now(), 'YYMMDDHH24MISSMS'), p_staff, duty_role, p_organisation, gate_actor())
        ON CONFLICT DO NOTHING;
    END IF;
END $$;

CREATE FUNCTION organisation_administered() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$ BEGIN PERFORM organisation_administer(NEW.id, NEW.administrator_id); RETURN NULL; END $$;
CREATE TRIGGER organisation_administer AFTER INSERT ON organisation FOR EACH ROW
    WHEN (NEW.administrator_id IS NOT NULL) EXECUTE FUNCTION organisation_administered();
CREATE TRIGGER organisation_administer_change AFTER UPDATE OF administrator_id ON organisation FOR EACH ROW
    WHEN (NEW.administrator_id IS DISTINCT FROM OLD.administrator_id) EXECUTE FUNCTION organisation_administered();

-- Has a person any right that the actor could not hand out to him? Then the actor may not act as him,
-- nor end him.
CREATE FUNCTION staff_outranks(p_staff bigint, p_actor bigint) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT p_staff <> p_actor AND (
       EXISTS (SELECT FROM access_branch b WHERE b.staff_id = p_staff AND b.place_id IS NOT NULL
                  AND NOT access_holds(p_actor, b.permission_id, b.place_id, b.detail::smallint, b.classes, b.own, b.partner_id))
    OR EXISTS (SELECT FROM access_grant g JOIN role_closure c ON c.role_id = g.role_id JOIN role r ON r.id = c.member_id AND r.hands_all
                WHERE g.staff_id = p_staff AND g.status = 1 AND NOT access_hands_all(p_actor, g.place_id))) $$;

-- Rights granted at the organisation that a person leaves are granted at the one that he joins.
CREATE FUNCTION staff_grants_move(p_staff bigint, p_from bigint, p_into bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    UPDATE access_grant x SET status = 2, version = version + 1 WHERE staff_id = p_staff AND place_id = p_from AND status = 1
       AND EXISTS (SELECT FROM access_grant y WHERE y.staff_id = p_staff AND y.place_id = p_into AND y.status = 1
                      AND (y.role_id, y.permission_id) IS NOT DISTINCT FROM (x.role_id, x.permission_id));
    UPDATE access_grant SET place_id = p_into, version = version + 1 WHERE staff_id = p_staff AND place_id = p_from AND status = 1;
END $$;

-- Grants in bulk: people times roles and permissions. Who has the same already is passed over.
CREATE FUNCTION access_grant_bulk(p_staff bigint[], p_roles bigint[], p_permissions bigint[], p_place bigint, p_from date, p_to date)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE n integer;
BEGIN
    INSERT INTO access_grant (number, staff_id, role_id, permission_id, place_id, valid_from, valid_to, granted_by)
    SELECT 'B' || gate_operation() || '-' || row_number() OVER (ORDER BY s.id, w.role_id, w.permission_id), s.id, w.role_id, w.permission_id,
           coalesce(p_place, s.organisation_id), p_from, p_to, gate_actor()
      FROM staff s CROSS JOIN (SELECT unnest(p_roles) AS role_id, NULL::bigint AS permission_id UNION SELECT NULL, unnest(p_permissions)) w
     WHERE s.id = ANY(p_staff)
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
CREATE FUNCTION access_revoke_bulk(p_staff bigint[], p_roles bigint[], p_permissions bigint[], p_place bigint)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE n integer;
BEGIN
    UPDATE access_grant SET status = 2, version = version + 1
     WHERE status = 1 AND staff_id = ANY(p_staff) AND (role_id = ANY(p_roles) OR permission_id = ANY(p_permissions))
       AND (p_place IS NULL OR place_id = p_place) AND access_covers(gate_actor(), 'access_grant.bulk', place_id);
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;

-- Ends every session of a person and tells the terminals.
CREATE FUNCTION staff_sessions_end(p_staff bigint, p_reason text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ INSERT INTO push (session_token_hash, kind, payload) SELECT token_hash, 3, ''::bytea FROM session WHERE staff_id = p_staff AND state <> 3;
   UPDATE session SET state = 3, ended_at = now(), ended_reason = p_reason WHERE staff_id = p_staff AND state <> 3 $$;
CREATE FUNCTION session_dismiss(p_session bigint, p_reason text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ INSERT INTO push (session_token_hash, kind, payload) SELECT token_hash, 3, ''::bytea FROM session WHERE id = p_session AND state <> 3;
   UPDATE session SET state = 3, ended_at = now(), ended_reason = p_reason WHERE id = p_session AND state <> 3 $$;
-- A person who moves takes his sessions along: rights that follow the place are worked out anew, and
-- what he writes from now on belongs to the new place.
CREATE FUNCTION session_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    UPDATE session SET organisation_id = NEW.organisation_id, network_id = NEW.network_id, area_id = NEW.area_id, hall_id = NEW.hall_id
     WHERE staff_id = NEW.id AND state <> 3;
    IF NEW.status <> 1 THEN
        PERFORM staff_sessions_end(NEW.id, CASE NEW.status WHEN 3 THEN 'deleted' ELSE 'invalid' END);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER staff_session AFTER UPDATE OF organisation_id, status ON staff FOR EACH ROW
    WHEN ((OLD.status, OLD.organisation_id, OLD.network_id, OLD.area_id, OLD.hall_id) IS DISTINCT FROM
          (NEW.status, NEW.organisation_id, NEW.network_id, NEW.area_id, NEW.hall_id)) EXECUTE FUNCTION session_follow();

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
    -- An unknown number belongs to nobody's place: the first network's auditors see it.
    SELECT nextval('operation_number'), now() + i.clock_shift, p_staff, p_number, 1, 0, 0, 'sign_in', p_result, p_address, p_line,
           coalesce(s.network_id, (SELECT min(o.id) FROM organisation o WHERE o.place_level = 1)), s.area_id, s.hall_id
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
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public SET enable_seqscan = off AS
$$
#variable_conflict use_column
BEGIN RETURN QUERY SELECT s.id, s.state, s.staff_id, s.staff_number, p.name, s.organisation_id, o.name, s.network_id, s.area_id, s.hall_id, s.language, e.rights, e.catalogue
     FROM session s JOIN party p ON p.id = s.staff_id JOIN organisation o ON o.id = s.organisation_id JOIN epoch e ON e.only_row
    WHERE s.token_hash = p_token; END $$;

CREATE FUNCTION session_access(p_token bytea) RETURNS TABLE (permission text, permission_id bigint, detail smallint, branches smallint,
    place_1 bigint, classes_1 bigint, own_1 bigint, partner_1 bigint, place_2 bigint, classes_2 bigint, own_2 bigint, partner_2 bigint,
    place_3 bigint, classes_3 bigint, own_3 bigint, partner_3 bigint, place_4 bigint, classes_4 bigint, own_4 bigint, partner_4 bigint,
    level_1 smallint, level_2 smallint, level_3 smallint, level_4 smallint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public SET enable_seqscan = off AS
$$
#variable_conflict use_column
BEGIN RETURN QUERY SELECT p.name, a.permission_id, a.detail, a.branches, place_1, classes_1, own_1, partner_1, place_2, classes_2, own_2, partner_2,
          place_3, classes_3, own_3, partner_3, place_4, classes_4, own_4, partner_4,
          coalesce(o1.place_level, 0::smallint), coalesce(o2.place_level, 0::smallint), coalesce(o3.place_level, 0::smallint), coalesce(o4.place_level, 0::smallint)
     FROM session s JOIN access a ON a.staff_id = s.staff_id JOIN permission p ON p.id = a.permission_id
     LEFT JOIN organisation o1 ON o1.id = a.place_1 LEFT JOIN organisation o2 ON o2.id = a.place_2
     LEFT JOIN organisation o3 ON o3.id = a.place_3 LEFT JOIN organisation o4 ON o4.id = a.place_4
    WHERE s.token_hash = p_token; END $$;

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

-- An administrator lifts the lock that failed sign-ins put on a number.
CREATE FUNCTION auth_release(p_staff bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ UPDATE credential SET failures = 0, locked_until = NULL WHERE staff_id = p_staff $$;

CREATE FUNCTION session_end(p_session bigint, p_reason text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ UPDATE session SET state = 3, ended_at = now(), ended_reason = p_reason WHERE id = p_session AND state <> 3 $$;
CREATE FUNCTION session_lock(p_session bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ UPDATE session SET state = 2 WHERE id = p_session AND state = 1 $$;
