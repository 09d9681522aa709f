-- Demo customers: 4,000 persons and 800 companies of all classes over the halls of the demo network,
-- with accounts, contacts, relations, groups and segments. Everything follows from a running number,
-- so every demo has the same; names, numbers and addresses are made up. Run again it adds nothing.
SELECT set_config('halldesk.actor', (SELECT id::text FROM staff WHERE number = '10000'), false),
       set_config('halldesk.network', (SELECT id::text FROM organisation WHERE code = 'NET-HJ'), false);

CREATE FUNCTION pg_temp.pick(list text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT substr(list, (n % length(list))::int + 1, 1) $$;
-- A number that jumps about with n, the same for the same n and salt.
CREATE FUNCTION pg_temp.mix(n bigint, salt bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT (hashint8extended(n, salt) & 1073741823) $$;
-- Check digit of GB 11643: weights 2^(18-i) mod 11.
CREATE FUNCTION pg_temp.resident(digits text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT digits || substr('10X98765432', (sum(substr(digits, i, 1)::int * w[i]) % 11)::int + 1, 1)
     FROM generate_series(1, 17) i, (SELECT ARRAY[7,9,10,5,8,4,2,1,6,3,7,9,10,5,8,4,2] AS w) x $$;
-- Check character of GB 11714 behind eight digits, then of GB 32100 behind seventeen characters.
CREATE FUNCTION pg_temp.credit(area text, body text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ WITH organisation AS (
     SELECT '91' || area || body || substr('0123456789X', ((11 - sum(substr(body, i, 1)::int * w[i]) % 11) % 11)::int + 1, 1) AS code
       FROM generate_series(1, 8) i, (SELECT ARRAY[3,7,9,10,5,8,4,2] AS w) x)
   SELECT o.code || substr(a.letters, ((31 - sum((strpos(a.letters, substr(o.code, i, 1)) - 1) * w[i]) % 31) % 31)::int + 1, 1)
     FROM organisation o, (SELECT '0123456789ABCDEFGHJKLMNPQRTUWXY' AS letters) a,
          generate_series(1, 17) i, (SELECT ARRAY[1,3,9,27,19,26,16,17,20,29,25,13,8,24,10,30,28] AS w) x
    GROUP BY o.code, a.letters $$;

CREATE TEMPORARY TABLE demo_hall ON COMMIT PRESERVE ROWS AS
SELECT row_number() OVER (ORDER BY code) - 1 AS place, id, area_id, network_id, name FROM organisation
 WHERE place_level = 3 AND code LIKE 'HALL-%' AND status = 1;

-- Persons 1 … 4000, companies 4001 … 4800. The organisation code's check must not be the letter X,
-- which is written differently inside a credit code; such bodies are passed over.
CREATE TEMPORARY TABLE demo_person ON COMMIT PRESERVE ROWS AS
SELECT n, 100000 + n AS id, h.id AS hall_id, h.area_id, h.network_id,
       pg_temp.pick('王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程苏魏吕丁任卢', pg_temp.mix(n, 1))
       || pg_temp.pick('建国小志文明海春秋冬雪梅兰竹菊金玉宝成功家立永安平和德福康宁伟芳娜敏静丽强磊军洋勇艳杰涛超霞', pg_temp.mix(n, 2))
       || CASE WHEN n % 5 = 0 THEN '' ELSE pg_temp.pick('国华民兰英生林峰云飞龙凤花香月红光辉东南西北山江河川阳晨曦雨晴岚岩松柏青翠彬博达凯', pg_temp.mix(n, 3)) END AS name,
       date '1940-01-01' + (pg_temp.mix(n, 4) % 24800)::int AS birth_date,
       (pg_temp.mix(n, 5) % 2)::int AS man,
       CASE pg_temp.mix(n, 6) % 4 WHEN 0 THEN '110101' WHEN 1 THEN '110102' WHEN 2 THEN '110105' ELSE '110108' END AS area,
       1 + (pg_temp.mix(n, 7) % 3)::int / 2 + (n % 17 = 0)::int AS grade
  FROM generate_series(1, 4000) n JOIN demo_hall h ON h.place = n % (SELECT count(*) FROM demo_hall);

CREATE TEMPORARY TABLE demo_company ON COMMIT PRESERVE ROWS AS
SELECT n, 100000 + n AS id, h.id AS hall_id, h.area_id, h.network_id, n % 8 = 0 AS key_account,
       '华江' || (ARRAY['东方','长城','鼎新','恒通','瑞丰','金桥','博远','德润','天合','盛达','宏图','创维达','汇众','正源','安泰','启明'])[1 + pg_temp.mix(n, 1) % 16]
       || pg_temp.pick('一二三四五六七八九十百千万春夏秋冬', pg_temp.mix(n, 2))
       || (ARRAY['科技','贸易','餐饮','物流','建筑','教育','医药','传媒','置业','机电'])[1 + pg_temp.mix(n, 3) % 10]
       || CASE WHEN n % 8 = 0 THEN '集团有限公司' ELSE '有限公司' END AS name,
       (10000000 + n * 7919)::text AS body
  FROM generate_series(4001, 4800) n JOIN demo_hall h ON h.place = n % (SELECT count(*) FROM demo_hall);

INSERT INTO party (id, network_id, name, party_kind, certificate_type, certificate_number, sex, birth_date, contact_telephone, mobile, email, address, contact_address, postcode)
SELECT id, network_id, name, 1, 1, pg_temp.resident(area || to_char(birth_date, 'YYYYMMDD') || lpad((n % 490 * 2 + 10 + man)::text, 3, '0')),
       CASE man WHEN 1 THEN 1 ELSE 2 END, birth_date, '010' || lpad((65000000 + n * 13)::text, 8, '0'),
       '139' || lpad((pg_temp.mix(n, 9) % 10000 * 10000 + n)::text, 8, '0'), NULL,
       a.address, CASE WHEN n % 3 = 0 THEN a.address ELSE '华江市建国路 ' || n % 200 + 1 || ' 号' END, '100' || lpad((n % 90)::text, 3, '0')
  FROM demo_person, LATERAL (SELECT '华江市' || (ARRAY['朝外大街','建国门内大街','东直门南小街','三里河路','望京街','酒仙桥路'])[1 + n % 6] || ' '
       || n % 300 + 1 || ' 号院 ' || n % 12 + 1 || ' 号楼 ' || n % 6 + 1 || ' 单元 ' || n % 18 + 1 || '0' || n % 4 + 1 AS address) a
ON CONFLICT (id) DO NOTHING;
INSERT INTO party (id, network_id, name, party_kind, certificate_type, certificate_number, contact_telephone, email, address, contact_address, postcode)
SELECT id, network_id, name, 2, 11, pg_temp.credit('110105', body), '010' || (85000000 + n * 17)::text, 'office' || n || '@example.com',
       '华江市商务中心区 ' || n % 80 + 1 || ' 号 ' || n % 30 + 1 || ' 层', '华江市商务中心区 ' || n % 80 + 1 || ' 号 ' || n % 30 + 1 || ' 层', '100020'
  FROM demo_company ON CONFLICT (id) DO NOTHING;

-- Initials and pairs of characters. The characters of the lists above with their first letters; a
-- name with a character outside them is found by its pairs.
CREATE TEMPORARY TABLE demo_initial ON COMMIT PRESERVE ROWS AS
SELECT substr(k.characters, i, 1) AS character, k.letter FROM (VALUES
    ('A', '安岸'), ('B', '宝柏彬博北百八'), ('C', '陈曹曾蔡程成春超晨翠川创传餐'), ('D', '邓董杜丁德东达鼎冬电'), ('E', '二'), ('F', '冯福芳峰飞凤丰方辅'),
    ('G', '郭高国功光贡公工'), ('H', '黄胡何韩海和花华红辉河恒合宏汇'), ('J', '蒋建金家静军杰菊江九集济教筑机'), ('K', '康凯科'),
    ('L', '李刘林罗梁吕卢立丽兰磊龙岚六流'), ('M', '马梅明敏民媒贸'), ('N', '娜宁南'), ('P', '彭潘平'), ('Q', '强秋青晴七启千桥'),
    ('R', '任瑞润'), ('S', '孙宋苏生山松三四十盛'), ('T', '田唐涛天泰通图团'), ('W', '王吴魏文伟五物维万'), ('X', '徐谢许肖小雪霞香曦西新限夏'),
    ('Y', '杨袁余于叶玉艳永洋勇英云月阳雨岩源远育药业有一易饮'), ('Z', '张赵周朱郑志正众置长')) k (letter, characters),
    generate_series(1, length(k.characters)) i;
DELETE FROM demo_initial WHERE character IN ('长', '曾') AND letter = 'Z';
INSERT INTO demo_initial VALUES ('长', 'C'), ('业', 'Y');
INSERT INTO party_word (word, id)
SELECT string_agg(d.letter, '' ORDER BY i), p.id
  FROM party p CROSS JOIN LATERAL generate_series(1, length(p.name)) i
  JOIN (SELECT DISTINCT ON (character) character, letter FROM demo_initial ORDER BY character, letter) d ON d.character = substr(p.name, i, 1)
 WHERE p.id BETWEEN 100001 AND 104800 GROUP BY p.id, p.name HAVING count(*) = length(p.name)
UNION
SELECT substr(p.name, i, 2), p.id FROM party p CROSS JOIN LATERAL generate_series(1, length(p.name) - 1) i
 WHERE p.id BETWEEN 100001 AND 104800
ON CONFLICT DO NOTHING;

INSERT INTO customer (id, code, network_id, area_id, hall_id, class, customer_type, service_attribute, service_grade, status, credit_grade, loyalty_grade, points,
                      occupation, social_status, education, income_band, marital_status, hobbies)
SELECT id, 'C' || lpad(n::text, 8, '0'), network_id, area_id, hall_id, 1, CASE WHEN grade > 1 THEN 31 ELSE 32 END, 1, grade,
       CASE WHEN n % 25 = 0 THEN 1 WHEN n % 40 = 7 THEN 3 ELSE 2 END, 2 + n % 2, 1 + n % 4, pg_temp.mix(n, 11) % 20000,
       1 + n % 10, 1 + n % 3, 1 + n % 6, 1 + n % 5, 1 + n % 2, (ARRAY['音乐','足球','旅游','摄影','读书','钓鱼'])[1 + n % 6]
  FROM demo_person ON CONFLICT (id) DO NOTHING;
INSERT INTO customer (id, code, network_id, area_id, hall_id, class, customer_type, service_attribute, service_grade, status, manager_id, credit_grade, loyalty_grade, points,
                      industry, ownership, company_scale, employee_count, annual_revenue, legal_representative)
SELECT id, 'C' || lpad(n::text, 8, '0'), network_id, area_id, hall_id, CASE WHEN key_account THEN 3 ELSE 4 END,
       CASE WHEN key_account THEN 11 + n / 8 % 5 ELSE 21 + n % 4 END, CASE WHEN n % 40 = 0 THEN 3 ELSE 1 END, CASE WHEN key_account THEN 4 ELSE 1 END, 2,
       (SELECT s.id FROM staff s WHERE s.number = '40001' AND key_account), 1 + n % 2, 1 + n % 4, pg_temp.mix(n, 11) % 200000,
       1 + n % 20, 1 + n % 6, CASE WHEN key_account THEN 1 ELSE 2 + n % 3 END, 10 + pg_temp.mix(n, 12) % 3000, (10 + pg_temp.mix(n, 13) % 90000) * 1000000,
       pg_temp.pick('王李张刘陈杨黄赵吴周', pg_temp.mix(n, 14)) || pg_temp.pick('建国文明海春秋金玉宝', pg_temp.mix(n, 15))
  FROM demo_company ON CONFLICT (id) DO NOTHING;
INSERT INTO customer_code (id, customer_id, level, code)
SELECT 300000 + n, id, 1, 'G86' || lpad(n::text, 6, '0') FROM demo_company WHERE key_account ON CONFLICT (id) DO NOTHING;
INSERT INTO party_medium (id, party_id, kind, value, preferred)
SELECT 310000 + n, id, 4, 'user' || n || '@example.com', n % 4 = 0 FROM demo_person WHERE n % 2 = 0 ON CONFLICT (id) DO NOTHING;

-- One account each, key accounts two; paid in cash, by bank, by card.
INSERT INTO account (id, code, customer_id, name, network_id, area_id, hall_id, payment_mode, billing_cycle, bill_format, contact_person, contact_telephone, bill_address, postcode, opened_on)
SELECT 200000 + x.n + x.second * 10000, 'A' || lpad((x.n + x.second * 5000)::text, 8, '0'), c.id, p.name || CASE x.second WHEN 1 THEN ' (宽带)' ELSE '' END,
       c.network_id, c.area_id, c.hall_id, 1 + (x.n % 7 = 0)::int, 1 + x.n % 3, 1 + (c.class > 1)::int, p.name, p.contact_telephone, p.contact_address, p.postcode,
       date '2015-01-01' + (pg_temp.mix(x.n, 20) % 3800)::int
  FROM (SELECT n, id, 0 AS second FROM demo_person UNION ALL SELECT n, id, 0 FROM demo_company UNION ALL SELECT n, id, 1 FROM demo_company WHERE key_account) x
  JOIN customer c ON c.id = x.id JOIN party p ON p.id = c.id
ON CONFLICT (id) DO NOTHING;
UPDATE customer SET default_account_id = id + 100000 WHERE id BETWEEN 100001 AND 104800 AND default_account_id IS NULL;
INSERT INTO account_payment (id, account_id, method, priority, bank, number, holder, agreement)
SELECT 330000 + id % 100000, id, CASE WHEN id % 3 = 0 THEN 2 ELSE 1 END, 1, CASE WHEN id % 3 = 0 THEN 102 + id % 4 END,
       CASE WHEN id % 3 = 0 THEN '6222' || lpad(id::text, 12, '0') END, CASE WHEN id % 3 = 0 THEN name END, CASE WHEN id % 3 = 0 THEN 'TS' || id END
  FROM account WHERE id BETWEEN 200001 AND 215000 ON CONFLICT (id) DO NOTHING;
INSERT INTO account_delivery (id, account_id, way, cycle, address, postcode)
SELECT 360000 + id % 100000, id, CASE WHEN id % 2 = 0 THEN 1 ELSE 2 END, 1, CASE WHEN id % 2 = 0 THEN bill_address ELSE contact_telephone END, CASE WHEN id % 2 = 0 THEN postcode END
  FROM account WHERE id BETWEEN 200001 AND 215000 ON CONFLICT (id) DO NOTHING;
INSERT INTO account_bill_item (id, account_id, position, item, content)
SELECT 400000 + id % 100000 * 4 + i, id, i, i, 1 FROM account CROSS JOIN generate_series(1, 3) i
 WHERE id BETWEEN 200001 AND 215000 ON CONFLICT (id) DO NOTHING;

-- Contacts of companies; every tenth speaks for two of them.
INSERT INTO party (id, network_id, name, party_kind, mobile)
SELECT 500000 + n, network_id, pg_temp.pick('王李张刘陈杨黄赵吴周', n) || pg_temp.pick('芳娜敏静丽强磊军洋勇', n / 10), 1, '137' || lpad((n * 31)::text, 8, '0')
  FROM demo_company ON CONFLICT (id) DO NOTHING;
INSERT INTO contact (id, code, network_id, area_id, hall_id, employer, job_title)
SELECT 500000 + n, 'L' || lpad((n - 4000)::text, 8, '0'), network_id, area_id, hall_id, name, (ARRAY['行政主管','财务','信息主管','总经理助理'])[1 + n % 4]
  FROM demo_company ON CONFLICT (id) DO NOTHING;
INSERT INTO customer_contact (id, customer_id, contact_id, contact_type, preferred, content, network_id)
SELECT 510000 + n, id, 500000 + n, 1 + n % 4, true, '开通、故障和帐单事宜', network_id FROM demo_company
UNION ALL
SELECT 520000 + n, id + 1, 500000 + n, 1, false, '代为联系', network_id FROM demo_company WHERE n % 10 = 0 AND n < 4800
ON CONFLICT (id) DO NOTHING;

-- Every key account stands above the seven companies behind it; neighbours stand surety; families.
INSERT INTO customer_relation (id, customer_id, other_id, relation_type, relation_kind, direction, network_id)
SELECT 600000 + c.n, 100000 + c.n / 8 * 8, c.id, CASE WHEN c.n % 2 = 0 THEN 13 ELSE 11 END, 1, 2, c.network_id
  FROM demo_company c WHERE c.n % 8 <> 0 AND c.n / 8 * 8 >= 4001
UNION ALL
SELECT 610000 + n, id, id + 1, 21, 2, 2 + (n % 3 = 0)::int, network_id FROM demo_company WHERE n % 5 = 1 AND n < 4800
UNION ALL
SELECT 620000 + n, id, id + 1, 32, 3, 1, network_id FROM demo_person WHERE n % 9 = 1 AND n < 4000
ON CONFLICT (id) DO NOTHING;

INSERT INTO customer_group (id, code, name, description, purpose, responsible_id, network_id)
SELECT 630001, 'G000001', '朝外商圈宽带体验', '朝外大街一带的试用客户', '宽带提速试用', s.id, o.id FROM organisation o, staff s WHERE o.code = 'NET-HJ' AND s.number = '40001'
ON CONFLICT (id) DO NOTHING;
INSERT INTO customer_group_member (id, group_id, customer_id, role)
SELECT 640000 + n, 630001, id, '试用客户' FROM demo_person WHERE n <= 60 ON CONFLICT (id) DO NOTHING;
INSERT INTO segment (id, code, name, dimension, kind, rule, status, priority, value_feature, network_id, valid_from)
SELECT 650001, 'S000001', '高积分公众客户', 2, 1, 'class = public and points >= 15000', 2, 1, '积分 15000 以上', id, date '2026-01-01' FROM organisation WHERE code = 'NET-HJ'
UNION ALL
SELECT 650002, 'S000002', '银发客户', 3, 3, 'age(birth_date) >= 65', 2, 2, NULL, id, date '2026-01-01' FROM organisation WHERE code = 'NET-HJ'
ON CONFLICT (id) DO NOTHING;
INSERT INTO segment_member (id, segment_id, dimension, customer_id, source, network_id, valid_from)
SELECT 660000 + id % 100000, 650001, 2, id, 1, network_id, '2026-01-01' FROM customer WHERE id BETWEEN 100001 AND 104000 AND class = 1 AND points >= 15000
ON CONFLICT (id) DO NOTHING;
UPDATE segment SET size_customers = (SELECT count(*) FROM segment_member m WHERE m.segment_id = segment.id AND m.valid_to IS NULL) WHERE id IN (650001, 650002) AND size_customers IS NULL;

INSERT INTO manager_rule (id, manager_kind, class, place_id, manager_id, network_id)
SELECT 670001, 1, 3, o.id, s.id, o.id FROM organisation o, staff s WHERE o.code = 'NET-HJ' AND s.number = '40001' ON CONFLICT (id) DO NOTHING;

-- Numbers that terminals hand out go on behind the demo's.
INSERT INTO number_series AS s (name, next) VALUES ('customer', 10001), ('account', 20001), ('contact', 10001), ('customer_group', 101), ('segment', 101)
ON CONFLICT (name) DO UPDATE SET next = greatest(s.next, excluded.next);
ANALYZE party, customer, account, party_word, customer_relation;
DROP TABLE demo_hall, demo_person, demo_company, demo_initial;
