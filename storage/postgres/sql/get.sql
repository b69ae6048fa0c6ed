-- get_1 reads records. It is STABLE, so all it reads comes from the one snapshot of the statement that calls it. The
-- ordinal says which key of the arrays a row answers; absent and expired records have no row.
--
-- It is a loop and not a join so that each key of a passing record is looked up in the one partition that can hold it: a
-- join's plan would open and lock them all.
CREATE FUNCTION get_1(
    at_time bigint, k_passing boolean[], k_kind text[], k_expires bigint[], k_id bytea[],
    OUT o_ordinal integer, OUT o_expires bigint, OUT o_version bigint, OUT o_value bytea, OUT o_names text[], OUT o_terms bytea[]
) RETURNS SETOF record LANGUAGE plpgsql STABLE ROWS 4 AS $$
DECLARE
    kind_    text;
    id_      bytea;
BEGIN
    SELECT greatest(at_time, high_water) INTO at_time FROM meta;
    FOR i IN 1 .. cardinality(k_kind) LOOP
        kind_ := k_kind[i];
        id_ := k_id[i];
        o_ordinal := i;
        IF k_passing[i] THEN
            o_expires := k_expires[i];
            CONTINUE WHEN o_expires <= at_time;
            SELECT version, value, names, terms INTO o_version, o_value, o_names, o_terms
                FROM passing WHERE kind = kind_ AND expires = o_expires AND id = id_;
        ELSE
            SELECT expires, version, value, names, terms INTO o_expires, o_version, o_value, o_names, o_terms
                FROM lasting WHERE kind = kind_ AND id = id_ AND (expires = 0 OR expires > at_time);
        END IF;
        IF FOUND THEN
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;
