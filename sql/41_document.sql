-- Documents on their way in: a terminal's frame is smaller than a document, so it comes in pieces
-- that wait here until the last one.
CREATE TABLE document_piece (
    staff_id bigint NOT NULL REFERENCES staff,
    hash bytea NOT NULL CONSTRAINT document_piece_hash_sha256 CHECK (length(hash) = 32),
    piece_offset bigint NOT NULL CONSTRAINT document_piece_piece_offset_range CHECK (piece_offset BETWEEN 0 AND 16777215),
    content bytea NOT NULL CONSTRAINT document_piece_content_size CHECK (length(content) BETWEEN 1 AND 1048576),
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (staff_id, hash, piece_offset)
);

-- The name of a document is its content: nothing else can be stored under it.
ALTER TABLE document ADD CONSTRAINT document_content_hash CHECK (sha256(content) = hash);

-- Puts the pieces of the acting person together and forgets them, and pieces that nobody finished
-- within a day.
CREATE FUNCTION document_complete(p_hash bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
$$
BEGIN
    INSERT INTO document (hash, content)
    SELECT p_hash, coalesce(string_agg(content, ''::bytea ORDER BY piece_offset), ''::bytea)
      FROM document_piece WHERE staff_id = gate_actor() AND hash = p_hash
    ON CONFLICT (hash) DO NOTHING;
    DELETE FROM document_piece WHERE (staff_id = gate_actor() AND hash = p_hash) OR stored_at < now() - interval '1 day';
END $$;
