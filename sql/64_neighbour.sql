-- Messages of neighbours as people look at them: the tables themselves are the relay's.
CREATE VIEW outbox_record WITH (security_invoker = true) AS
SELECT id, network_id, neighbour, stream, sequence, type, payload, status, attempts, next_at, created_at, sent_at, error FROM outbox_message;
CREATE VIEW inbox_record WITH (security_invoker = true) AS
SELECT id, network_id, neighbour, external_id, type, payload, received_at, result FROM inbox_message;
