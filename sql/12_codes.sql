-- What can be extended at run time: code lists, extra fields of forms, their searchable values.

CREATE TABLE code_list (
    name text PRIMARY KEY CONSTRAINT code_list_name_shape CHECK (name ~ '^[a-z][a-z0-9_]*$'),
    title_zh text NOT NULL,
    title_en text NOT NULL
);

CREATE TABLE code (
    id bigint PRIMARY KEY DEFAULT id_next(),
    list text NOT NULL REFERENCES code_list,
    number integer NOT NULL CONSTRAINT code_number_range CHECK (number > 0),
    name text NOT NULL CONSTRAINT code_name_shape CHECK (name ~ '^[a-z0-9][a-z0-9_.]*$'),
    label_zh text NOT NULL,
    label_en text NOT NULL,
    parent integer,               -- number of the code above in the same list
    attributes text NOT NULL DEFAULT '', -- what a domain keeps with a member, "key=value key=value"
    region_id bigint,             -- valid there and below; NULL: everywhere
    sort integer NOT NULL DEFAULT 0,
    initials text NOT NULL DEFAULT '',
    valid_from date NOT NULL DEFAULT '2000-01-01',
    valid_to date,                -- first day on which it is no longer offered
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT code_number_unique UNIQUE (list, number),
    CONSTRAINT code_name_unique UNIQUE (list, name),
    CONSTRAINT code_valid_to_order CHECK (valid_to IS NULL OR valid_to > valid_from),
    CONSTRAINT code_parent_known FOREIGN KEY (list, parent) REFERENCES code (list, number)
);

-- Fields that administrators add to a form. Values stand in the row's extra jsonb under the number.
CREATE TABLE extra_field (
    id bigint PRIMARY KEY DEFAULT id_next(),
    form text NOT NULL,
    number integer NOT NULL CONSTRAINT extra_field_number_range CHECK (number BETWEEN 1000 AND 9999),
    name text NOT NULL CONSTRAINT extra_field_name_shape CHECK (name ~ '^[a-z][a-z0-9_]*$'),
    label_zh text NOT NULL,
    label_en text NOT NULL,
    type smallint NOT NULL CONSTRAINT extra_field_type_known CHECK (type BETWEEN 1 AND 8), -- enum value_type
    length integer NOT NULL DEFAULT 40 CONSTRAINT extra_field_length_range CHECK (length BETWEEN 1 AND 4000),
    codes text REFERENCES code_list,
    required boolean NOT NULL DEFAULT false,
    searchable boolean NOT NULL DEFAULT false,
    sensitive boolean NOT NULL DEFAULT false,
    templates bigint NOT NULL DEFAULT 0,  -- bit n: only where the form's template code is n
    tab integer NOT NULL DEFAULT 1,
    position integer NOT NULL DEFAULT 0,
    status smallint NOT NULL DEFAULT 1 CONSTRAINT extra_field_status_known CHECK (status IN (1, 2)), -- in use, withdrawn
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT extra_field_number_unique UNIQUE (form, number),
    CONSTRAINT extra_field_name_unique UNIQUE (form, name),
    CONSTRAINT extra_field_codes_needed CHECK ((type = 7) = (codes IS NOT NULL))
);

CREATE TABLE extra_value (
    table_name text NOT NULL,
    number integer NOT NULL,
    value text NOT NULL,
    id bigint NOT NULL,
    PRIMARY KEY (table_name, number, value, id)
);
CREATE INDEX extra_value_record ON extra_value (id);

-- Keeps the searchable extra values of a row; created on every table with extra jsonb by
-- form_install with the form's name as its argument.
CREATE FUNCTION extra_index() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.extra IS NOT DISTINCT FROM OLD.extra THEN
            RETURN NULL;
        END IF;
        DELETE FROM extra_value WHERE id = NEW.id AND table_name = TG_TABLE_NAME;
    END IF;
    IF NEW.extra <> '{}' THEN
        INSERT INTO extra_value (table_name, number, value, id)
        SELECT TG_TABLE_NAME, f.number, left(NEW.extra ->> f.number::text, 200), NEW.id
          FROM extra_field f
         WHERE f.form = TG_ARGV[0] AND f.searchable AND NEW.extra ? f.number::text
           AND NEW.extra ->> f.number::text IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

-- Anything that workers cache from tables moves the catalogue's epoch.
CREATE FUNCTION catalogue_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$ BEGIN UPDATE epoch SET catalogue = catalogue + 1; RETURN NULL; END $$;
CREATE TRIGGER code_list_epoch AFTER INSERT OR UPDATE OR DELETE ON code_list FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER code_epoch AFTER INSERT OR UPDATE OR DELETE ON code FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER extra_field_epoch AFTER INSERT OR UPDATE OR DELETE ON extra_field FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER installation_epoch AFTER UPDATE ON installation FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
