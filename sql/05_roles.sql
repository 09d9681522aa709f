-- Database roles: the application cannot bypass row-level security and cannot read credentials; the
-- auth role may, and is used by the auth workers only. Administrators may make the roles themselves.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'halldesk_app') THEN
        CREATE ROLE halldesk_app LOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'halldesk_auth') THEN
        CREATE ROLE halldesk_auth LOGIN NOSUPERUSER NOBYPASSRLS IN ROLE halldesk_app;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- made by a neighbouring database of the cluster at the same moment
END $$;

-- Every table that follows is the application's to read and write; what is not, is revoked beside it.
GRANT USAGE ON SCHEMA public TO halldesk_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO halldesk_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO halldesk_app;
