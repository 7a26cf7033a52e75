-- A row in every table of the first version of the schema.
INSERT INTO instance VALUES ('00000000-0000-0000-0000-000000000009', 1790000000000);
INSERT INTO projects VALUES (1, '00000000-0000-0000-0000-000000000001', 'lab', '{"rules":[]}', 1790000000000);
INSERT INTO targets VALUES (1, '10.0.0.1', 'address', '["web"]', 1790000000000);
INSERT INTO scans (scan_key, id, project_key, number, series, name, notes, definition, options, addresses,
    batch_size, concurrency, attempts, priority, state, desired, last_seq, last_batch, planned, up, unresolved,
    hosts_up, open_ports, created_at, started_at)
VALUES (1, '00000000-0000-0000-0000-000000000002', 1, 1, '00000000-0000-0000-0000-000000000002', 'first', '',
    '{"targets":["10.0.0.1-2","gone.test"],"excludes":[],"seed":7,"is_ascending":false}', '-sT',
    '10.0.0.1-10.0.0.2', 2, 4, 3, 1, 'running', 'run', 1, 1, 3, 1, 1, 1, 1, 1790000000000, 1790000001000);
INSERT INTO names VALUES (1, 'gone.test', '', 'no such name', 0);
INSERT INTO batches (batch_key, id, scan_key, number, addresses, address_count, state, not_before, epoch, attempts,
    attempts_allowed, hosts_up, open_ports)
VALUES (1, '00000000-0000-0000-0000-000000000003', 1, 1, '10.0.0.1-10.0.0.2', 2, 'waiting', 1790000001000, 1, 1, 3, 1, 1);
INSERT INTO attempts VALUES (1, '00000000-0000-0000-0000-000000000004', 1, 1, 1, 'w', 'killed', NULL, '{}',
    1790000001000, 1790000001500);
INSERT INTO coverage VALUES (1, x'040a000001', x'040a000001', 1, 'up', '');
INSERT INTO hosts VALUES (1, 1, x'040a000001', 1, 1, 'up', 0, 'syn-ack', NULL, NULL, 1, NULL, 1790000001000);
INSERT INTO ports VALUES (1, 'tcp', 80, 'open', 'syn-ack', 'http', NULL, NULL, NULL);
INSERT INTO quarantine VALUES (1, 1, 1, x'040a090909', '{}', 1790000001000);
INSERT INTO events VALUES (1, 1, 1790000000000, 'status', '{"status":"created"}');
INSERT INTO audit VALUES (1, 1790000000000, 'cli:root', 'scan.create', '00000000-0000-0000-0000-000000000002', '{}');
