-- The demo catalogue: telephone, broadband, caller id, a modem; alone and as a bundle; and serials of
-- receipts for every hall. Run again it adds nothing.
SELECT set_config('halldesk.actor', (SELECT id::text FROM staff WHERE number = '10000'), false),
       set_config('halldesk.network', (SELECT id::text FROM organisation WHERE code = 'NET-HJ'), false);

INSERT INTO product_specification (id, code, name, kind, product_line, number_kind, has_port, state, valid_from) VALUES
    (600001, 'TEL', '普通电话', 1, 1, 1, true, 3, '2020-01-01'),
    (600002, 'ADSL', '宽带接入', 1, 3, 2, true, 3, '2020-01-01'),
    (600003, 'CLIP', '来电显示', 2, 5, NULL, false, 3, '2020-01-01'),
    (600004, 'MODEM', '宽带调制解调器', 3, 7, NULL, false, 3, '2020-01-01'),
    (600005, 'ISDN', '一线通', 1, 1, 1, true, 3, '2020-01-01')
ON CONFLICT (id) DO NOTHING;
INSERT INTO product_operation (id, product_specification_id, operation, action)
SELECT 600100 + s.id % 100 * 10 + o.number, s.id, o.number, o.action
  FROM product_specification s, (VALUES (1, 1), (2, 3), (3, 2), (4, 2), (6, 2), (7, 2)) o (number, action)
 WHERE s.id BETWEEN 600001 AND 600005 AND (s.kind <> 3 OR o.number <= 2)
ON CONFLICT (id) DO NOTHING;
INSERT INTO product_characteristic (id, product_specification_id, name, label_zh, label_en, kind, required, initial, minimum, maximum) VALUES
    (600201, 600002, 'bandwidth', '带宽', 'Bandwidth', 3, true, '512K', NULL, NULL),
    (600202, 600001, 'extension_sets', '分机数', 'Extension sets', 2, false, NULL, 0, 5)
ON CONFLICT (id) DO NOTHING;
INSERT INTO product_characteristic_value (id, product_characteristic_id, value, label) VALUES
    (600211, 600201, '512K', '512K'), (600212, 600201, '1M', '1M'), (600213, 600201, '2M', '2M')
ON CONFLICT (id) DO NOTHING;
-- Broadband runs on a telephone line; caller id lives on a telephone; ISDN and broadband exclude each other.
INSERT INTO product_relation (id, product_specification_id, kind, other_id) VALUES
    (600301, 600002, 5, 600001), (600302, 600001, 1, 600003), (600303, 600005, 4, 600002), (600304, 600002, 1, 600004)
ON CONFLICT (id) DO NOTHING;

INSERT INTO price_plan (id, code, name, state, valid_from) VALUES
    (600401, 'TEL-STD', '普通电话标准资费', 2, '2020-01-01'),
    (600402, 'ADSL-STD', '宽带标准资费', 2, '2020-01-01'),
    (600403, 'CLIP-STD', '来电显示资费', 2, '2020-01-01'),
    (600404, 'FAMILY-STD', '全家福资费', 2, '2020-01-01'),
    (600405, 'ISDN-STD', '一线通资费', 2, '2020-01-01')
ON CONFLICT (id) DO NOTHING;
INSERT INTO price_rule (id, price_plan_id, code, name, kind, charge_item, operation, product_specification_id, amount, rate, from_quantity, to_quantity, characteristic, characteristic_value, priority) VALUES
    (600501, 600401, 'HANDLING', '受理手续费', 1, 1, 1, NULL, 500, NULL, 1, NULL, NULL, NULL, 100),
    (600502, 600401, 'INSTALL', '安装费', 1, 2, 1, 600001, 2000, NULL, 1, NULL, NULL, NULL, 100),
    (600503, 600401, 'MATERIAL', '工料费', 1, 3, 1, 600001, 10000, NULL, 1, 19, NULL, NULL, 100),
    (600504, 600401, 'MATERIAL-20', '工料费 (20 部起)', 1, 3, 1, 600001, 5000, NULL, 20, NULL, NULL, NULL, 100),
    (600505, 600401, 'RENTAL', '月租费', 2, 8, NULL, 600001, 1500, NULL, 1, NULL, NULL, NULL, 100),
    (600506, 600401, 'PREPAY', '预存话费', 5, 7, 1, 600001, 5000, NULL, 1, NULL, NULL, NULL, 100),
    (600511, 600402, 'HANDLING', '受理手续费', 1, 1, 1, NULL, 500, NULL, 1, NULL, NULL, NULL, 100),
    (600512, 600402, 'INSTALL', '宽带安装费', 1, 2, 1, 600002, 10000, NULL, 1, NULL, NULL, NULL, 100),
    (600513, 600402, 'MONTH-512K', '宽带月费 512K', 2, 10, NULL, 600002, 9000, NULL, 1, NULL, 'bandwidth', '512K', 100),
    (600514, 600402, 'MONTH-1M', '宽带月费 1M', 2, 10, NULL, 600002, 12000, NULL, 1, NULL, 'bandwidth', '1M', 100),
    (600515, 600402, 'MONTH-2M', '宽带月费 2M', 2, 10, NULL, 600002, 15000, NULL, 1, NULL, 'bandwidth', '2M', 100),
    (600516, 600402, 'MODEM', '调制解调器押金', 4, 6, 1, 600004, 20000, NULL, 1, NULL, NULL, NULL, 100),
    (600521, 600403, 'FUNCTION', '来电显示月费', 2, 9, NULL, 600003, 600, NULL, 1, NULL, NULL, NULL, 100),
    (600531, 600404, 'HANDLING', '受理手续费', 1, 1, 1, NULL, 500, NULL, 1, NULL, NULL, NULL, 100),
    (600532, 600404, 'INSTALL-TEL', '电话安装费', 1, 2, 1, 600001, 2000, NULL, 1, NULL, NULL, NULL, 100),
    (600533, 600404, 'INSTALL-ADSL', '宽带安装费', 1, 2, 1, 600002, 10000, NULL, 1, NULL, NULL, NULL, 100),
    (600534, 600404, 'DISCOUNT', '安装费优惠三成', 6, 2, 1, NULL, NULL, 0.3, 1, NULL, NULL, NULL, 100),
    (600535, 600404, 'MODEM', '调制解调器押金', 4, 6, 1, 600004, 20000, NULL, 1, NULL, NULL, NULL, 100),
    (600536, 600404, 'PREPAY', '预存话费', 5, 7, 1, NULL, 10000, NULL, 1, NULL, NULL, NULL, 100),
    (600537, 600404, 'RENTAL', '套餐月费', 2, 8, NULL, NULL, 9900, NULL, 1, NULL, NULL, NULL, 100),
    (600541, 600405, 'INSTALL', '一线通安装费', 1, 2, 1, 600005, 20000, NULL, 1, NULL, NULL, NULL, 100),
    (600542, 600405, 'RENTAL', '一线通月租费', 2, 8, NULL, 600005, 3500, NULL, 1, NULL, NULL, NULL, 100)
ON CONFLICT (id) DO NOTHING;

INSERT INTO product_offering (id, code, name, description, state, valid_from, valid_to, term_months, term_break, term_break_amount) VALUES
    (600601, 'TEL01', '固定电话', '普通电话,含月租', 4, '2020-01-01', NULL, NULL, NULL, NULL),
    (600602, 'ADSL01', '网络快车', '宽带接入,含调制解调器', 4, '2020-01-01', NULL, NULL, NULL, NULL),
    (600603, 'CLIP01', '来电显示', '显示主叫号码', 4, '2020-01-01', NULL, NULL, NULL, NULL),
    (600604, 'FAMILY01', '全家福', '电话、宽带、来电显示一次装好', 4, '2020-01-01', NULL, 12, 2, 50000),
    (600605, 'ISDN01', '一线通', '两路同时使用', 4, '2020-01-01', NULL, NULL, NULL, NULL),
    (600606, 'KEY01', '大客户电话', '只对大客户销售', 4, '2020-01-01', NULL, NULL, NULL, NULL),
    (600607, 'OLD01', '旧套餐', '已停售', 5, '2020-01-01', '2024-01-01', NULL, NULL, NULL)
ON CONFLICT (id) DO NOTHING;
INSERT INTO product_offering_component (id, product_offering_id, product_specification_id, quantity) VALUES
    (600701, 600601, 600001, 1), (600702, 600602, 600002, 1), (600703, 600602, 600004, 1), (600704, 600603, 600003, 1),
    (600705, 600604, 600001, 1), (600706, 600604, 600002, 1), (600707, 600604, 600003, 1), (600708, 600604, 600004, 1),
    (600709, 600605, 600005, 1), (600710, 600606, 600001, 1), (600711, 600607, 600001, 1)
ON CONFLICT (id) DO NOTHING;
INSERT INTO product_offering_value (id, product_offering_component_id, name, value) VALUES (600721, 600706, 'bandwidth', '512K') ON CONFLICT (id) DO NOTHING;
INSERT INTO product_offering_plan (id, product_offering_id, price_plan_id, standard) VALUES
    (600731, 600601, 600401, true), (600732, 600602, 600402, true), (600733, 600603, 600403, true), (600734, 600604, 600404, true),
    (600735, 600605, 600405, true), (600736, 600606, 600401, true), (600737, 600607, 600401, true)
ON CONFLICT (id) DO NOTHING;
-- Key accounts only: the class by its name.
INSERT INTO product_offering_limit (id, product_offering_id, dimension, customer_class)
SELECT 600741, 600606, 1, number FROM code WHERE list = 'customer_class' AND name ~ '^(key|key_account|large)' ORDER BY number LIMIT 1
ON CONFLICT (id) DO NOTHING;

INSERT INTO receipt_range (id, prefix, first_number, last_number, next_number, organisation_id, network_id, area_id, hall_id)
SELECT 600800 + row_number() OVER (ORDER BY code), substr(code, 1, 1) || substr(code, 6), 1, 99999999, 1, id, network_id, area_id, hall_id
  FROM organisation WHERE code LIKE 'HALL-%'
ON CONFLICT (id) DO NOTHING;
