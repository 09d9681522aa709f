#!/bin/bash
# Random grants among random roles: whatever gets past the database's own check, nobody ends up with
# more reach, place by place, than the giver had.
set -u
. "$(dirname -- "$0")/../lib/server.sh"
. "$(dirname -- "$0")/../lib/tap.sh"
trap server_end EXIT
server_prepare || {
    echo "Bail out! no database"
    exit 99
}
server_psql -At >"$SERVER_FOLDER/result" 2>&1 <<'SQL'
SELECT set_config('halldesk.actor', '2041', false), setseed(0.42);
CREATE TABLE trial (giver bigint, taker bigint, granted boolean, beyond bigint);

-- Where a person may do what, place by place: worked out from access alone, by no function under test.
CREATE FUNCTION reach(p_staff bigint) RETURNS TABLE (permission_id bigint, place_id bigint, own bigint, detail smallint) LANGUAGE sql AS
$$ SELECT a.permission_id, o.id, b.own, a.detail
     FROM access a CROSS JOIN LATERAL (VALUES (1, a.place_1, a.own_1), (2, a.place_2, a.own_2), (3, a.place_3, a.own_3), (4, a.place_4, a.own_4)) b (n, place, own)
     JOIN organisation c ON c.id = b.place JOIN organisation o ON o.path LIKE c.path || '%'
    WHERE a.staff_id = p_staff AND b.n <= a.branches $$;
CREATE FUNCTION hands_out(p_staff bigint) RETURNS SETOF bigint LANGUAGE sql AS
$$ SELECT o.id FROM access_grant g JOIN role r ON r.id = g.role_id AND r.hands_all JOIN organisation c ON c.id = g.place_id
     JOIN organisation o ON o.path LIKE c.path || '%' WHERE g.staff_id = p_staff AND g.status = 1 $$;

INSERT INTO role (id, code, name_zh) SELECT 9000 + n, 'RANDOM' || n, n::text FROM generate_series(1, 8) n;
INSERT INTO role_permission (role_id, permission_id, detail, place_level, own)
SELECT 9000 + n, p.id, 1 + (random() < 0.7)::int, floor(random() * 4)::int, random() < 0.2
  FROM generate_series(1, 8) n CROSS JOIN LATERAL (SELECT id FROM permission WHERE n > 0 ORDER BY random() LIMIT 5) p;
INSERT INTO role_member (role_id, member_id) VALUES (9001, 9002), (9003, 9004), (9004, 9005);
INSERT INTO access_grant (staff_id, role_id, place_id, own)
SELECT s.id, 9000 + ceil(random() * 8)::int, o.id, random() < 0.2
  FROM (SELECT id FROM staff WHERE status = 1 ORDER BY random() LIMIT 10) s
 CROSS JOIN LATERAL (SELECT id FROM organisation WHERE s.id > 0 ORDER BY random() LIMIT 2) o
ON CONFLICT DO NOTHING;

DO $$
DECLARE
    giver bigint; taker bigint; place bigint; what bigint; which bigint; mine boolean; good boolean; more bigint; turn integer;
BEGIN
    CREATE TEMPORARY TABLE before_taker (permission_id bigint, place_id bigint, own bigint, detail smallint);
    CREATE TEMPORARY TABLE before_giver (permission_id bigint, place_id bigint, own bigint, detail smallint);
    CREATE TEMPORARY TABLE handed (place_id bigint);
    FOR turn IN 1..300 LOOP
        SELECT id INTO giver FROM staff WHERE status = 1 ORDER BY random() LIMIT 1;
        SELECT id INTO taker FROM staff WHERE status = 1 AND id <> giver ORDER BY random() LIMIT 1;
        SELECT id INTO place FROM organisation ORDER BY random() LIMIT 1;
        what := NULL; which := NULL;
        IF random() < 0.5 THEN
            SELECT id INTO what FROM role ORDER BY random() LIMIT 1;
        ELSE -- often one that the giver has, so that many succeed
            SELECT permission_id INTO which FROM access WHERE staff_id = giver ORDER BY random() LIMIT 1;
            IF which IS NULL THEN
                SELECT id INTO which FROM permission ORDER BY random() LIMIT 1;
            END IF;
        END IF;
        mine := random() < 0.3;
        TRUNCATE before_taker, before_giver, handed;
        INSERT INTO before_taker SELECT * FROM reach(taker);
        INSERT INTO before_giver SELECT * FROM reach(giver);
        INSERT INTO handed SELECT * FROM hands_out(giver);
        PERFORM set_config('halldesk.actor', giver::text, true), set_config('halldesk.session', '1', true), set_config('halldesk.access_done', '', true);
        BEGIN
            INSERT INTO access_grant (staff_id, role_id, permission_id, place_id, own) VALUES (taker, what, which, place, mine);
            SET CONSTRAINTS ALL IMMEDIATE;
            SET CONSTRAINTS ALL DEFERRED;
            good := true;
        EXCEPTION WHEN check_violation OR unique_violation THEN
            good := false;
        END;
        SELECT count(*) INTO more FROM reach(taker) t
         WHERE NOT EXISTS (SELECT FROM before_taker b WHERE (b.permission_id, b.place_id) = (t.permission_id, t.place_id) AND b.own <= t.own AND b.detail >= t.detail)
           AND NOT EXISTS (SELECT FROM before_giver b WHERE (b.permission_id, b.place_id) = (t.permission_id, t.place_id) AND b.own <= t.own AND b.detail >= t.detail)
           AND t.place_id NOT IN (SELECT place_id FROM handed);
        INSERT INTO trial VALUES (giver, taker, good, more);
    END LOOP;
END $$;
SELECT count(*) FILTER (WHERE granted AND giver <> 2041) >= 20, count(*) FILTER (WHERE NOT granted) >= 60,
       coalesce(sum(beyond), 0) FROM trial;
SQL
tap_is "$(tail -1 "$SERVER_FOLDER/result")" "t|t|0" \
    "of 300 random grants none gave more than the giver had, place by place [17-165, CH-45]" ||
    tap_diagnose "$(tail -5 "$SERVER_FOLDER/result")"
tap_done
