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

INSERT INTO post (id, code, name) VALUES
    (1101, 'CLERK', '营业员'), (1102, 'AGENT', '话务员'), (1103, 'SUPERVISOR', '值班长'),
    (1104, 'MANAGER', '客户经理'), (1105, 'ADMIN', '系统管理员'), (1106, 'AUDITOR', '审计员')
ON CONFLICT DO NOTHING;

INSERT INTO party (id, network_id, name) VALUES
    (2001, 1001, '王小兰'), (2002, 1001, '赵敏'), (2003, 1001, '孙丽'), (2004, 1001, '钱进'),
    (2011, 1001, '周婷'), (2012, 1001, '吴昊'), (2021, 1001, '郑卫国'), (2022, 1001, '冯雪'),
    (2031, 1001, '陈志强'), (2041, 1001, '系统管理员'), (2051, 1001, '审计员'),
    (2091, 1001, '定时任务'), (2092, 1001, '接口机')
ON CONFLICT DO NOTHING;
INSERT INTO staff (id, number, organisation_id, kind, valid_from) VALUES
    (2001, '30127', 1011, 1, '2020-01-01'), (2002, '30128', 1011, 1, '2020-01-01'),
    (2003, '30201', 1012, 1, '2020-01-01'), (2004, '30301', 1021, 1, '2020-01-01'),
    (2011, '60001', 1030, 2, '2020-01-01'), (2012, '60002', 1030, 2, '2020-01-01'),
    (2021, '30100', 1011, 3, '2020-01-01'), (2022, '60000', 1030, 3, '2020-01-01'),
    (2031, '40001', 1010, 4, '2020-01-01'), (2041, '10000', 1040, 5, '2020-01-01'),
    (2051, '90001', 1040, 6, '2020-01-01'), (2091, 'SCHED', 1040, 9, '2020-01-01'),
    (2092, 'RELAY', 1040, 9, '2020-01-01')
ON CONFLICT DO NOTHING;
INSERT INTO credential (staff_id, password_hash, must_change)
SELECT id, '$y$j9T$OTcMAvcjd3nN7S0HiuPiO/$UypOlbszO3wwTi85HEVXOsy.cqNrUmnxA.lU.7L9KUC', false FROM staff WHERE id BETWEEN 2001 AND 2099
ON CONFLICT DO NOTHING;

INSERT INTO role (id, code, name_zh, name_en) VALUES
    (3001, 'CLERK', '营业员', 'Clerk'), (3002, 'AGENT', '话务员', 'Agent'),
    (3003, 'SUPERVISOR', '值班长', 'Supervisor'), (3004, 'MANAGER', '客户经理', 'Account manager'),
    (3005, 'ADMIN', '系统管理员', 'Administrator'), (3006, 'AUDITOR', '审计员', 'Auditor'),
    (3009, 'SERVICE', '服务进程', 'Service process')
ON CONFLICT DO NOTHING;
-- A supervisor is a clerk with more.
INSERT INTO role_member (role_id, member_id) VALUES (3003, 3001) ON CONFLICT DO NOTHING;

INSERT INTO access_grant (id, staff_id, role_id, place_id, valid_from) VALUES
    (4001, 2001, 3001, 1011, '2020-01-01'), (4002, 2002, 3001, 1011, '2020-01-01'),
    (4003, 2003, 3001, 1012, '2020-01-01'), (4004, 2004, 3001, 1021, '2020-01-01'),
    (4011, 2011, 3002, 1030, '2020-01-01'), (4012, 2012, 3002, 1030, '2020-01-01'),
    (4021, 2021, 3003, 1011, '2020-01-01'), (4022, 2022, 3003, 1030, '2020-01-01'),
    (4031, 2031, 3004, 1010, '2020-01-01'), (4041, 2041, 3005, 1001, '2020-01-01'),
    (4051, 2051, 3006, 1001, '2020-01-01'), (4091, 2091, 3009, 1001, '2020-01-01'),
    (4092, 2092, 3009, 1001, '2020-01-01')
ON CONFLICT DO NOTHING;
