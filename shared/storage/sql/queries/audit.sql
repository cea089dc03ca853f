-- insert_act --
INSERT INTO audit_log (key_id, tenant_id, action, subject, details)
VALUES (%(key_id)s, %(tenant_id)s, %(action)s, %(subject)s, %(details)s);

-- list_acts --
-- Newest first; `conditions` are the fragments below.
SELECT id, at, key_id, tenant_id, action, subject, details FROM audit_log
WHERE {conditions} ORDER BY id DESC LIMIT %(limit)s;

-- list_acts_before_id --
id < %(before_id)s

-- list_acts_action --
action = %(action)s

-- list_acts_key_id --
key_id = %(key_id)s

-- list_acts_since --
id >= uuidv7_floor(%(since)s)
