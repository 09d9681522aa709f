-- Periodic duties: what is to be done when time has passed, not when somebody asks. Each is a function
-- without parameters that returns how many rows it worked on, a bounded batch at a time; a domain adds
-- its own by a row. The scheduler runs what is due through the operation due_work.run.
CREATE TABLE duty (
    name text PRIMARY KEY,
    function text NOT NULL,
    every interval NOT NULL CONSTRAINT duty_every_positive CHECK (every > '0'),
    batch integer NOT NULL DEFAULT 200, -- so many rows done: there may be more, run again at once
    next_at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz,
    last_done integer NOT NULL DEFAULT 0,
    last_error text NOT NULL DEFAULT ''
);
REVOKE INSERT, UPDATE, DELETE ON duty FROM halldesk_app;

-- Claimed with SKIP LOCKED inside the transaction that does it: any number may run, none is a leader.
-- A duty that fails is put off and shows its error; the others go on.
CREATE FUNCTION duties_run() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    d duty;
    n integer;
    total integer := 0;
BEGIN
    FOR d IN SELECT * FROM duty WHERE next_at <= clock_timestamp() ORDER BY next_at, name FOR UPDATE SKIP LOCKED LOOP
        BEGIN
            EXECUTE format('SELECT %I()', d.function) INTO n;
            UPDATE duty SET last_at = clock_timestamp(), last_done = n, last_error = '',
                   next_at = CASE WHEN n >= d.batch THEN clock_timestamp() ELSE clock_timestamp() + d.every END WHERE name = d.name;
            total := total + n;
        EXCEPTION WHEN OTHERS THEN
            UPDATE duty SET last_at = clock_timestamp(), last_done = 0, last_error = SQLSTATE || ' ' || SQLERRM,
                   next_at = clock_timestamp() + d.every WHERE name = d.name;
        END;
    END LOOP;
    RETURN total;
END $$;

-- A number whose validity is over becomes invalid by itself [17-157]. Real days: this is security.
CREATE FUNCTION duty_staff_expiry() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE n integer;
BEGIN
    UPDATE staff SET status = 2, version = version + 1
     WHERE id IN (SELECT id FROM staff WHERE status = 1 AND valid_to < CURRENT_DATE ORDER BY id LIMIT 200 FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
CREATE INDEX staff_valid_to ON staff (valid_to) WHERE status = 1 AND valid_to IS NOT NULL;

-- Grants begin and end by the day: once a day the rights of whom that concerns are worked out anew.
CREATE TABLE access_day (
    only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT access_day_only_row_one CHECK (only_row),
    day date NOT NULL
);
INSERT INTO access_day (day) VALUES (CURRENT_DATE);
REVOKE INSERT, UPDATE, DELETE ON access_day FROM halldesk_app;
CREATE FUNCTION duty_access_day() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    last date;
    n integer := 0;
BEGIN
    SELECT day INTO last FROM access_day FOR UPDATE;
    IF last < CURRENT_DATE THEN
        SELECT count(*)::integer, access_rebuild_people(array_agg(DISTINCT staff_id), NULL) INTO n FROM access_grant
         WHERE status = 1 AND ((valid_from > last AND valid_from <= CURRENT_DATE) OR (valid_to >= last AND valid_to < CURRENT_DATE))
        HAVING count(*) > 0;
        UPDATE access_day SET day = CURRENT_DATE;
    END IF;
    RETURN least(coalesce(n, 0), 199);
END $$;

-- Sessions that nobody uses any more end after session.idle_hours; slots are kept a day beyond.
CREATE FUNCTION duty_sessions() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    hours integer := coalesce((SELECT value::integer FROM setting WHERE name = 'session.idle_hours' AND value ~ '^[0-9]{1,5}$'), 12);
    n integer := 0;
    more integer;
BEGIN
    PERFORM session_dismiss(id, 'idle') FROM (SELECT id FROM session WHERE state <> 3 AND last_call_at < now() - make_interval(hours => hours)
        ORDER BY id LIMIT 200 FOR UPDATE SKIP LOCKED) x;
    GET DIAGNOSTICS n = ROW_COUNT;
    DELETE FROM session_slot WHERE session_id IN (SELECT s.id FROM session s WHERE s.state = 3 AND s.ended_at < now() - interval '1 day'
        AND EXISTS (SELECT FROM session_slot l WHERE l.session_id = s.id) ORDER BY s.id LIMIT 100);
    GET DIAGNOSTICS more = ROW_COUNT;
    DELETE FROM push WHERE created_at < now() - interval '1 hour';
    DELETE FROM record_open o USING session s WHERE s.id = o.session_id AND s.state = 3;
    RETURN least(n + more, 200);
END $$;

-- Tables of the months to come, ahead of need. What was made already is not counted.
CREATE FUNCTION duty_months() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    PERFORM month_open(date_trunc('month', now() + i * interval '1 month')::date) FROM generate_series(0, 2) i;
    RETURN 0;
END $$;

INSERT INTO duty (name, function, every) VALUES
    ('staff.expiry', 'duty_staff_expiry', '1 minute'),
    ('access.day', 'duty_access_day', '1 minute'),
    ('sessions', 'duty_sessions', '5 minutes'),
    ('months', 'duty_months', '6 hours');

-- Settings of this domain; administrators change them in the form setting.
INSERT INTO setting (name, value, title_zh, title_en) VALUES
    ('staff.number_range', '50000-59999', '自动生成工号的范围', 'Range of numbers made automatically'),
    ('staff.number_rest_days', '180', '已删除工号重新使用前的天数', 'Days before a deleted number is used again'),
    ('staff.number_pattern', '', '人工工号的格式 (正则表达式,空为不限)', 'Pattern of numbers made by hand (empty: any)'),
    ('organisation.administrator_role', 'UNIT_ADMIN', '组织管理员的角色', 'Role of an organisation''s administrator'),
    ('session.idle_hours', '12', '闲置会话自动结束的小时数', 'Hours after which an unused session ends'),
    ('standard.accept_from', '', '可接收其标准结构的上级系统', 'Superior office whose standard structures are taken over')
ON CONFLICT (name) DO NOTHING;

-- Numbers of staff [17-151, 17-152].
-- By the settings staff.number_range ("50000-59999") and staff.number_rest_days.
CREATE FUNCTION staff_number_free() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
DECLARE
    span text := (SELECT value FROM setting WHERE name = 'staff.number_range');
    rest text := (SELECT value FROM setting WHERE name = 'staff.number_rest_days');
BEGIN
    IF coalesce(span, '') !~ '^[0-9]{3,12}-[0-9]{3,12}$' THEN
        RETURN NULL;
    END IF;
    RETURN staff_number_next(split_part(span, '-', 1), split_part(span, '-', 2), CASE WHEN rest ~ '^[0-9]{1,5}$' THEN rest::integer ELSE 180 END);
END $$;
-- Who has or had a number, wherever he is: numbers are one space over all places.
CREATE FUNCTION staff_number_holder(p_number text) RETURNS TABLE (status smallint, name text, resting boolean, free_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS
$$ SELECT s.status, p.name, s.deleted_at + rest.days > now(), (s.deleted_at + rest.days)::date
     FROM staff s JOIN party p ON p.id = s.id,
          (SELECT make_interval(days => coalesce((SELECT value::integer FROM setting WHERE name = 'staff.number_rest_days' AND value ~ '^[0-9]{1,5}$'), 180)) AS days) rest
    WHERE s.number = p_number ORDER BY (s.status <> 3) DESC, s.deleted_at DESC LIMIT 1 $$;

-- What left the system on paper or by copying, beside the operation's line in the log [CH-46].
CREATE TABLE print_register (
    operation bigint NOT NULL,
    at timestamptz NOT NULL,
    staff_id bigint NOT NULL REFERENCES staff,
    way text NOT NULL,
    form text NOT NULL,
    rows bigint NOT NULL
);
REVOKE INSERT, UPDATE, DELETE ON print_register FROM halldesk_app;
CREATE FUNCTION print_noted(p_way text, p_form text, p_rows bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public AS
$$ INSERT INTO print_register VALUES (gate_operation(), gate_now(), gate_actor(), p_way, p_form, p_rows) $$;
