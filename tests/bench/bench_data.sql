-- The rows that the benchmarks work on, and the naked function calls that write the same rows as
-- ours: the marks of the figures. Variables: rows, the number of customers.
SELECT set_config('halldesk.actor', '2041', false);
SET session_replication_role = replica;
INSERT INTO role_permission (role_id, permission_id, place_level)
SELECT r.id, p.id, 1 FROM role r CROSS JOIN permission p
 WHERE r.code = 'ADMIN' AND (p.name LIKE 'customer%' OR p.name LIKE 'contact%' OR p.name LIKE 'installed%')
    ON CONFLICT (role_id, permission_id) DO UPDATE SET place_level = 1;

INSERT INTO party (id, network_id, name, party_kind, certificate_type, certificate_number, contact_telephone, mobile, address)
SELECT 10000000 + i, 1001,
       substr('王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹', 1 + i % 30, 1) ||
       substr('伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰建国志华文玉', 1 + i / 30 % 30, 1) ||
       substr('伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰建国志华文玉', 1 + i / 900 % 30, 1),
       1, 1, '1101011990' || lpad(i::text, 8, '0'), '010' || lpad(i::text, 8, '0'), '139' || lpad(i::text, 8, '0'), '建国路 ' || i || ' 号'
  FROM generate_series(1, :rows) i;
INSERT INTO customer (id, code, network_id, area_id, hall_id, class, status)
SELECT 10000000 + i, 'X' || lpad(i::text, 8, '0'), 1001, CASE WHEN i % 4 < 2 THEN 1010 ELSE 1020 END,
       (ARRAY[1011, 1012, 1021, 1022])[1 + i % 4], 1, 2
  FROM generate_series(1, :rows) i;
INSERT INTO customer_certificate (network_id, certificate_type, certificate_number, customer_id)
SELECT 1001, 1, certificate_number, id FROM party WHERE id > 10000000 AND id <= 10000000 + :rows;
INSERT INTO party_word (word, id)
SELECT chr(65 + i % 26) || chr(65 + i / 26 % 26) || chr(65 + i / 676 % 26) || chr(65 + i / 17576 % 26), 10000000 + i
  FROM generate_series(1, :rows) i;
INSERT INTO installed_product (id, number, customer_id, product_specification_id, state, access_number, network_id, area_id, hall_id)
SELECT 20000000 + i, 'Y' || lpad(i::text, 8, '0'), 10000000 + i, (SELECT min(id) FROM product_specification), 3,
       '186' || lpad(i::text, 8, '0'), 1001, CASE WHEN i % 4 < 2 THEN 1010 ELSE 1020 END, (ARRAY[1011, 1012, 1021, 1022])[1 + i % 4]
  FROM generate_series(1, :rows) i;

-- Contacts: a form whose change needs no decision, in a table of a thousand rows.
INSERT INTO party (id, network_id, name, mobile) SELECT 9000000 + i, 1001, '联系' || i, '137' || lpad(i::text, 8, '0') FROM generate_series(1, 1000) i;
INSERT INTO contact (id, code, network_id, area_id, hall_id)
SELECT 9000000 + i, 'B' || lpad(i::text, 6, '0'), 1001, 1010, 1011 FROM generate_series(1, 1000) i;
SET session_replication_role = origin;
SELECT access_rebuild(NULL);

-- A session for each client of the naked side, as each of our terminals has one.
INSERT INTO session (id, token_hash, staff_id, staff_number, organisation_id, network_id, area_id, hall_id)
SELECT 60000000 + i, sha256(int8send(i)), id, number, organisation_id, network_id, area_id, hall_id
  FROM generate_series(0, 99) i, staff WHERE number = '10000';
UPDATE session SET state = 3 WHERE id BETWEEN 60000000 AND 60000099;
INSERT INTO session_slot (session_id, slot) SELECT 60000000 + i, n FROM generate_series(0, 99) i, generate_series(0, 7) n;

CREATE FUNCTION bench_context(s bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('halldesk.actor', '2041', true), set_config('halldesk.session', s::text, true), set_config('halldesk.network', '1001', true);
    RETURN s;
END $$;
CREATE FUNCTION bench_plain(p_id bigint, p_employer text, p_born date, p_client integer, p_slot integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE s bigint := bench_context(60000000 + p_client);
BEGIN
    UPDATE party SET birth_date = p_born, version = version + 1 WHERE id = p_id;
    UPDATE contact SET employer = p_employer, version = version + 1 WHERE id = p_id;
    INSERT INTO operation_log (id, at, session_id, staff_id, staff_number, kind, form, verb, action, object_type, object_id, object_key, detail, address, line, network_id, area_id, hall_id)
    VALUES (nextval('operation_number'), now(), s, 2041, '10000', 4, 23, 2, 'change', 'contact', p_id, '', '', 'local', 'bench', 1001, 1010, 1011);
    UPDATE session_slot SET sequence = sequence + 1, request_hash = decode('00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 'hex'),
           reply = decode('00112233445566778899', 'hex'), at = now() WHERE session_id = s AND slot = p_slot;
END $$;
CREATE FUNCTION bench_decided(p_id bigint, p_telephone text, p_client integer, p_slot integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE s bigint := bench_context(60000000 + p_client);
BEGIN
    PERFORM 1 FROM customer t JOIN party b ON b.id = t.id WHERE t.id = p_id FOR UPDATE OF t;
    UPDATE party SET contact_telephone = p_telephone, version = version + 1 WHERE id = p_id;
    UPDATE customer SET version = version + 1 WHERE id = p_id;
    INSERT INTO operation_log (id, at, session_id, staff_id, staff_number, kind, form, verb, action, object_type, object_id, object_key, detail, address, line, network_id, area_id, hall_id)
    VALUES (nextval('operation_number'), now(), s, 2041, '10000', 4, 20, 2, 'change', 'customer', p_id, 'X', '', 'local', 'bench', 1001, 1010, 1040);
    UPDATE session_slot SET sequence = sequence + 1, request_hash = decode('00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 'hex'),
           reply = decode('00112233445566778899', 'hex'), at = now() WHERE session_id = s AND slot = p_slot;
END $$;
