-- The demo network 华江: two areas, four halls, the hotline, and staff of every post. Passwords are
-- "halldesk-1" for everybody; a real installation starts with one administrator who must change his.
-- History wants to know who: the system administrator of the demo.
SELECT set_config('halldesk.actor', '2041', false);

INSERT INTO organisation (id, code, name, kind, place_level, parent_id) VALUES
    (1001, 'NET-HJ', '华江市电信分公司', 2, 1, NULL),
    (1010, 'AREA-E', '东城区分局', 4, 2, 1001),
    (1020, 'AREA-W', '西城区分局', 4, 2, 1001),
    (1011, 'HALL-01', '朝阳门营业厅', 6, 3, 1010),
    (1012, 'HALL-02', '国贸营业厅', 6, 3, 1010),
    (1021, 'HALL-03', '望京营业厅', 6, 3, 1020),
    (1022, 'HALL-04', '三里屯营业厅', 6, 3, 1020),
    (1030, 'HOTLINE', '10000 号客服中心', 8, 3, 1020),
    (1040, 'OPS', '系统运行部', 1, 3, 1010)
ON CONFLICT DO NOTHING;

INSERT INTO post (id, code, name, channel, parent_id) VALUES
    (1103, 'SUPERVISOR', '值班长', 1, NULL), (1101, 'CLERK', '营业员', 1, 1103),
    (1108, 'HL-SUPERVISOR', '话务班长', 2, NULL), (1102, 'AGENT', '话务员', 2, 1108),
    (1104, 'MANAGER', '客户经理', 3, NULL), (1105, 'ADMIN', '系统管理员', 1, NULL), (1106, 'AUDITOR', '审计员', 1, NULL)
ON CONFLICT DO NOTHING;

INSERT INTO party (id, network_id, name) VALUES
    (2001, 1001, '王小兰'), (2002, 1001, '赵敏'), (2003, 1001, '孙丽'), (2004, 1001, '钱进'),
    (2011, 1001, '周婷'), (2012, 1001, '吴昊'), (2021, 1001, '郑卫国'), (2022, 1001, '冯雪'),
    (2031, 1001, '陈志强'), (2041, 1001, '系统管理员'), (2042, 1001, '何静'), (2051, 1001, '审计员'),
    (2091, 1001, '定时任务'), (2092, 1001, '接口机')
ON CONFLICT DO NOTHING;
INSERT INTO staff (id, number, organisation_id, kind, valid_from) VALUES
    (2001, '30127', 1011, 1, '2020-01-01'), (2002, '30128', 1011, 1, '2020-01-01'),
    (2003, '30201', 1012, 1, '2020-01-01'), (2004, '30301', 1021, 1, '2020-01-01'),
    (2011, '60001', 1030, 2, '2020-01-01'), (2012, '60002', 1030, 2, '2020-01-01'),
    (2021, '30100', 1011, 3, '2020-01-01'), (2022, '60000', 1030, 3, '2020-01-01'),
    (2031, '40001', 1010, 4, '2020-01-01'), (2041, '10000', 1040, 5, '2020-01-01'),
    (2042, '10001', 1010, 5, '2020-01-01'),
    (2051, '90001', 1040, 6, '2020-01-01'), (2091, 'SCHED', 1040, 9, '2020-01-01'),
    (2092, 'RELAY', 1040, 9, '2020-01-01')
ON CONFLICT DO NOTHING;
INSERT INTO credential (staff_id, password_hash, must_change)
SELECT id, '$y$j9T$OTcMAvcjd3nN7S0HiuPiO/$UypOlbszO3wwTi85HEVXOsy.cqNrUmnxA.lU.7L9KUC', false FROM staff WHERE id BETWEEN 2001 AND 2099
ON CONFLICT DO NOTHING;

-- Posts bind a person to a channel; administrators and auditors stand above the channels [CH-43, CH-45].
INSERT INTO staff_post (id, staff_id, post_id, organisation_id, valid_from) VALUES
    (2101, 2001, 1101, 1011, '2020-01-01'), (2102, 2002, 1101, 1011, '2020-01-01'), (2103, 2003, 1101, 1012, '2020-01-01'),
    (2104, 2004, 1101, 1021, '2020-01-01'), (2111, 2011, 1102, 1030, '2020-01-01'), (2112, 2012, 1102, 1030, '2020-01-01'),
    (2121, 2021, 1103, 1011, '2020-01-01'), (2122, 2022, 1108, 1030, '2020-01-01'), (2131, 2031, 1104, 1010, '2020-01-01')
ON CONFLICT DO NOTHING;

INSERT INTO role (id, code, name_zh, name_en) VALUES
    (3001, 'CLERK', '营业员', 'Clerk'), (3002, 'AGENT', '话务员', 'Agent'),
    (3003, 'SUPERVISOR', '值班长', 'Supervisor'), (3004, 'MANAGER', '客户经理', 'Account manager'),
    (3005, 'ADMIN', '系统管理员', 'Administrator'), (3006, 'AUDITOR', '审计员', 'Auditor'),
    (3007, 'UNIT_ADMIN', '组织管理员', 'Unit administrator'), (3009, 'SERVICE', '服务进程', 'Service process')
ON CONFLICT DO NOTHING;
-- The system administrator hands out what he does not use himself.
UPDATE role SET hands_all = true WHERE code = 'ADMIN' AND NOT hands_all;
-- A supervisor is a clerk with more. A unit's administrator holds what he may hand out there.
INSERT INTO role_member (role_id, member_id) VALUES (3003, 3001), (3007, 3003), (3007, 3002), (3007, 3004) ON CONFLICT DO NOTHING;

INSERT INTO access_grant (id, staff_id, role_id, place_id, valid_from) VALUES
    (4001, 2001, 3001, 1011, '2020-01-01'), (4002, 2002, 3001, 1011, '2020-01-01'),
    (4003, 2003, 3001, 1012, '2020-01-01'), (4004, 2004, 3001, 1021, '2020-01-01'),
    (4011, 2011, 3002, 1030, '2020-01-01'), (4012, 2012, 3002, 1030, '2020-01-01'),
    (4021, 2021, 3003, 1011, '2020-01-01'), (4022, 2022, 3003, 1030, '2020-01-01'),
    (4031, 2031, 3004, 1010, '2020-01-01'), (4041, 2041, 3005, 1001, '2020-01-01'),
    (4051, 2051, 3006, 1001, '2020-01-01'), (4091, 2091, 3009, 1001, '2020-01-01'),
    (4092, 2092, 3009, 1001, '2020-01-01')
ON CONFLICT DO NOTHING;
-- The eastern area administers itself [17-144]; the grant follows from this.
UPDATE organisation SET administrator_id = 2042 WHERE id = 1010 AND administrator_id IS NULL;
-- A small region tree; the import brings the real one. Halls serve its streets.
INSERT INTO region (id, code, name, level, parent_id) VALUES
    (5001, 'HJ', '华江市', 3, NULL), (5010, 'HJ-E', '东城区', 4, 5001), (5020, 'HJ-W', '西城区', 4, 5001),
    (5011, 'HJ-E-1', '朝阳门街道', 5, 5010), (5012, 'HJ-E-2', '建外街道', 5, 5010), (5021, 'HJ-W-1', '望京街道', 5, 5020)
ON CONFLICT DO NOTHING;
INSERT INTO organisation_region (id, organisation_id, region_id, purpose) VALUES
    (5101, 1011, 5011, 1), (5102, 1012, 5012, 1), (5103, 1021, 5021, 1), (5104, 1010, 5010, 2)
ON CONFLICT DO NOTHING;
INSERT INTO cabinet (id, code, name, region_id) VALUES (5201, 'JX-0001', '朝阳门 1 号箱', 5011), (5202, 'JX-0002', '建外 1 号箱', 5012)
ON CONFLICT DO NOTHING;
