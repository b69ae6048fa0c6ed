-- Lists. Each function returns the records after a place, at most so many, and ends with the one with which their values
-- exceed at_size bytes. Like get_1 they are STABLE and read from one snapshot, and they loop so that they open no more
-- partitions than they must.

-- list_lasting_1 lists lasting records by id, from low on and before high.
CREATE FUNCTION list_lasting_1(
    at_time bigint, at_most bigint, at_size bigint, kind_ text, low bytea, high bytea, after_id bytea,
    OUT o_term bytea, OUT o_id bytea, OUT o_expires bigint, OUT o_version bigint, OUT o_value bytea, OUT o_names text[], OUT o_terms bytea[]
) RETURNS SETOF record LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT greatest(at_time, high_water) INTO at_time FROM meta;
    FOR o_term, o_id, o_expires, o_version, o_value, o_names, o_terms IN
        SELECT '', id, expires, version, value, names, terms FROM lasting
        WHERE kind = kind_ AND id >= low AND id < high AND id > after_id AND (expires = 0 OR expires > at_time)
        ORDER BY id LIMIT at_most
    LOOP
        RETURN NEXT;
        at_size := at_size - octet_length(o_value);
        EXIT WHEN at_size < 0;
    END LOOP;
END $$;

-- list_passing_1 lists passing records by expiry and id, one day after the other.
CREATE FUNCTION list_passing_1(
    at_time bigint, at_most bigint, at_size bigint, kind_ text, after_expires bigint, after_id bytea,
    OUT o_term bytea, OUT o_id bytea, OUT o_expires bigint, OUT o_version bigint, OUT o_value bytea, OUT o_names text[], OUT o_terms bytea[]
) RETURNS SETOF record LANGUAGE plpgsql STABLE AS $$
DECLARE
    the_day   bigint;
    first_    bigint;
    last_     bigint;
BEGIN
    SELECT greatest(at_time, high_water) INTO at_time FROM meta;
    IF at_time = 9223372036854775807 THEN
        RETURN;
    END IF;
    IF after_expires <= at_time THEN
        after_expires := at_time + 1;
        after_id := '';
    END IF;
    FOR the_day IN SELECT d FROM days_1() AS d WHERE d >= after_expires / 86400 ORDER BY d LOOP
        first_ := greatest(after_expires, the_day * 86400);
        last_ := CASE WHEN the_day < 9223372036854775807 / 86400 THEN the_day * 86400 + 86399 ELSE 9223372036854775807 END;
        FOR o_term, o_id, o_expires, o_version, o_value, o_names, o_terms IN
            SELECT '', id, expires, version, value, names, terms FROM passing
            WHERE kind = kind_ AND expires BETWEEN first_ AND last_ AND (expires, id) > (after_expires, after_id)
            ORDER BY expires, id LIMIT at_most
        LOOP
            RETURN NEXT;
            at_most := at_most - 1;
            at_size := at_size - octet_length(o_value);
            EXIT WHEN at_size < 0;
        END LOOP;
        EXIT WHEN at_most <= 0 OR at_size < 0;
    END LOOP;
END $$;

-- list_lasting_index_1 lists lasting records by a term, from low on and before high. A record with several terms in that
-- range comes once, at the least of them.
CREATE FUNCTION list_lasting_index_1(
    at_time bigint, at_most bigint, at_size bigint, kind_ text, name_ text, low bytea, high bytea, after_term bytea, after_id bytea,
    OUT o_term bytea, OUT o_id bytea, OUT o_expires bigint, OUT o_version bigint, OUT o_value bytea, OUT o_names text[], OUT o_terms bytea[]
) RETURNS SETOF record LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT greatest(at_time, high_water) INTO at_time FROM meta;
    FOR o_term, o_id IN
        SELECT term, id FROM lasting_entry
        WHERE kind = kind_ AND name = name_ AND term >= low AND term < high AND (term, id) > (after_term, after_id)
        ORDER BY term, id
    LOOP
        SELECT expires, version, value, names, terms INTO o_expires, o_version, o_value, o_names, o_terms
            FROM lasting WHERE kind = kind_ AND id = o_id AND (expires = 0 OR expires > at_time);
        CONTINUE WHEN NOT FOUND OR has_lesser_1(name_, low, o_term, o_names, o_terms);
        RETURN NEXT;
        at_most := at_most - 1;
        at_size := at_size - octet_length(o_value);
        EXIT WHEN at_most <= 0 OR at_size < 0;
    END LOOP;
END $$;

-- list_passing_index_1 is the same for passing records; those with one term come by expiry and id.
CREATE FUNCTION list_passing_index_1(
    at_time bigint, at_most bigint, at_size bigint, kind_ text, name_ text, low bytea, high bytea,
    after_term bytea, after_expires bigint, after_id bytea,
    OUT o_term bytea, OUT o_id bytea, OUT o_expires bigint, OUT o_version bigint, OUT o_value bytea, OUT o_names text[], OUT o_terms bytea[]
) RETURNS SETOF record LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT greatest(at_time, high_water) INTO at_time FROM meta;
    FOR o_term, o_expires, o_id IN
        SELECT term, expires, id FROM passing_entry
        WHERE kind = kind_ AND name = name_ AND term >= low AND term < high AND expires > at_time
            AND (term, expires, id) > (after_term, after_expires, after_id)
        ORDER BY term, expires, id
    LOOP
        SELECT version, value, names, terms INTO o_version, o_value, o_names, o_terms
            FROM passing WHERE kind = kind_ AND expires = o_expires AND id = o_id;
        CONTINUE WHEN NOT FOUND OR has_lesser_1(name_, low, o_term, o_names, o_terms);
        RETURN NEXT;
        at_most := at_most - 1;
        at_size := at_size - octet_length(o_value);
        EXIT WHEN at_most <= 0 OR at_size < 0;
    END LOOP;
END $$;

-- has_lesser_1 tells whether a record has a term of an index that is less than this one and no less than low.
CREATE FUNCTION has_lesser_1(name_ text, low bytea, term_ bytea, names text[], terms bytea[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT EXISTS (SELECT FROM unnest(names, terms) AS o (name, term) WHERE o.name = name_ AND o.term >= low AND o.term < term_)
$$;
