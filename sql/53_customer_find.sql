-- One typed text finds the customer: every branch is an equality or a prefix on an index and is
-- limited, so the answer takes as long at ten million customers as at ten.

-- Customers who use an access number. Ordering replaces the body when installed products exist.
CREATE FUNCTION customer_of_access_number(p_number text) RETURNS SETOF bigint LANGUAGE sql STABLE AS
$$ SELECT NULL::bigint WHERE false $$;

-- How: 1 code, 2 code of another level, 3 access number, 4 certificate, 5 telephone, 6 account,
-- 7 name, 8 initials, 9 part of the name, 10 mail; code list find_way. The text comes trimmed.
-- Called by the decision customer_find under the scope of the permission customer.find.
CREATE FUNCTION customer_match(p_text text, p_limit integer) RETURNS TABLE (customer_id bigint, way smallint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan AS -- planning a branch costs ten times its run
$$
DECLARE
    candidates constant integer := 10000; -- looked at, so that a narrow scope does not search for ever: type more
    big text := upper(p_text);
    digits text := regexp_replace(p_text, '[- ]', '', 'g');
    beyond text := p_text || chr(1114109);
    big_beyond text := upper(p_text) || chr(1114109);
    number_like boolean := regexp_replace(p_text, '[- ]', '', 'g') ~ '^\+?[0-9]{5,20}X?$';
BEGIN
    IF p_text = '' THEN
        RETURN;
    END IF;
    -- Whole codes, and bare digits as a customer code with its letter and zeros left out.
    RETURN QUERY SELECT c.id, 1::smallint FROM customer c WHERE c.code = big
       OR (digits ~ '^[0-9]{1,8}$' AND c.code = 'C' || lpad(digits, 8, '0')) LIMIT p_limit;
    RETURN QUERY SELECT c.id, 2::smallint FROM customer_code k JOIN customer c ON c.id = k.customer_id WHERE k.code = big LIMIT p_limit;
    RETURN QUERY SELECT c.id, 6::smallint FROM account a JOIN customer c ON c.id = a.customer_id WHERE a.code = big LIMIT p_limit;
    IF number_like THEN
        RETURN QUERY SELECT c.id, 3::smallint FROM customer_of_access_number(digits) n (id) JOIN customer c ON c.id = n.id LIMIT p_limit;
        RETURN QUERY SELECT c.id, 5::smallint FROM party p JOIN customer c ON c.id = p.id WHERE p.mobile = digits LIMIT p_limit;
        RETURN QUERY SELECT c.id, 5::smallint FROM party p JOIN customer c ON c.id = p.id WHERE p.contact_telephone = digits
                      UNION ALL SELECT c.id, 5::smallint FROM party p JOIN customer c ON c.id = p.id
                      WHERE digits <> p_text AND p.contact_telephone = p_text LIMIT p_limit;
        RETURN QUERY SELECT c.id, 5::smallint FROM party_medium m JOIN customer c ON c.id = m.party_id WHERE m.value = digits LIMIT p_limit;
        -- The calling number of a contact finds the customers that the contact speaks for.
        RETURN QUERY SELECT c.id, 5::smallint FROM party p JOIN customer_contact l ON l.contact_id = p.id AND l.status = 1
                      JOIN customer c ON c.id = l.customer_id WHERE p.mobile = digits LIMIT p_limit;
    END IF;
    IF length(big) BETWEEN 4 AND 40 AND p_text !~ '[^ -~]' THEN
        RETURN QUERY SELECT c.id, 4::smallint FROM customer_certificate r JOIN customer c ON c.id = r.customer_id
                      WHERE r.certificate_number = replace(big, ' ', '') LIMIT p_limit;
    END IF;
    IF p_text LIKE '%_@_%' THEN
        RETURN QUERY SELECT c.id, 10::smallint FROM party p JOIN customer c ON c.id = p.id WHERE p.email = lower(p_text) LIMIT p_limit;
    END IF;
    IF p_text ~ '^[A-Za-z]{2,32}$' THEN
        RETURN QUERY SELECT c.id, 8::smallint FROM (SELECT w.id FROM party_word w WHERE w.word = big LIMIT candidates) w
                      JOIN customer c ON c.id = w.id LIMIT p_limit;
    END IF;
    IF digits !~ '^[0-9]+$' THEN
        RETURN QUERY SELECT c.id, 7::smallint
                       FROM (SELECT p.id FROM party p WHERE p.name ~>=~ p_text AND p.name ~<~ beyond LIMIT candidates) p
                       JOIN customer c ON c.id = p.id LIMIT p_limit;
        IF length(p_text) >= 2 AND p_text ~ '[^ -~]' THEN
            -- The first pair of characters leads to the candidates, the whole text must be in them.
            RETURN QUERY SELECT c.id, 9::smallint
                           FROM (SELECT w.id FROM party_word w WHERE w.word = left(big, 2) LIMIT candidates) w
                           JOIN party p ON p.id = w.id AND position(p_text IN p.name) > 1
                           JOIN customer c ON c.id = p.id LIMIT p_limit;
        END IF;
    END IF;
    IF length(big) >= 3 AND big ~ '^[A-Z][0-9]+$' THEN
        RETURN QUERY SELECT c.id, 1::smallint FROM customer c WHERE c.code ~>=~ big AND c.code ~<~ big_beyond LIMIT p_limit;
    END IF;
END $$;
