-- Tables of the sample forms; installed after the real schema.
CREATE TABLE sample_base (
    id bigint PRIMARY KEY DEFAULT id_next(),
    name text NOT NULL,
    identity text,
    version bigint NOT NULL DEFAULT 1
);

CREATE TABLE sample (
    id bigint PRIMARY KEY REFERENCES sample_base,
    code varchar(16) NOT NULL UNIQUE,
    kind smallint NOT NULL,
    tax_number text,
    day date,
    price bigint CONSTRAINT sample_price_positive CHECK (price >= 0),
    rate numeric(18,6),
    count integer,
    closed boolean NOT NULL DEFAULT false,
    changed_at timestamptz,
    remark text,
    owner_id bigint REFERENCES sample,
    password_hash text,
    status smallint NOT NULL,
    network_id bigint NOT NULL,
    area_id bigint NOT NULL,
    hall_id bigint NOT NULL,
    extra jsonb NOT NULL DEFAULT '{}',
    version bigint NOT NULL DEFAULT 1
);

CREATE TABLE sample_part (
    id bigint PRIMARY KEY DEFAULT id_next(),
    sample_id bigint NOT NULL REFERENCES sample,
    code text NOT NULL,
    amount bigint,
    version bigint NOT NULL DEFAULT 1
);

CREATE TABLE sample_screw (
    id bigint PRIMARY KEY DEFAULT id_next(),
    part_id bigint NOT NULL REFERENCES sample_part,
    size smallint NOT NULL,
    version bigint NOT NULL DEFAULT 1
);
