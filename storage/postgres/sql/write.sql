-- Writes of one record with its entries. asked is the version that a condition asks of the record, 0 for absent, or NULL.
-- Each function returns false if the row is not as asked: the second net that apply.sql speaks of.

CREATE FUNCTION put_lasting_1(
    at_time bigint, kind_ text, id_ bytea, expires_ bigint, version_ bigint, value_ bytea, names_ text[], terms_ bytea[], asked bigint
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    old_names text[];
    old_terms bytea[];
    written   boolean := false;
BEGIN
    IF coalesce(asked, 0) = 0 THEN
        INSERT INTO lasting (kind, id, expires, version, value, names, terms)
            VALUES (kind_, id_, expires_, version_, value_, names_, terms_) ON CONFLICT DO NOTHING;
        written := FOUND;
    END IF;
    IF NOT written THEN
        -- An expired row counts as absent.
        UPDATE lasting r
            SET expires = expires_, version = version_, value = value_, names = names_, terms = terms_
            FROM (SELECT names, terms FROM lasting WHERE kind = kind_ AND id = id_ FOR UPDATE) AS old
            WHERE r.kind = kind_ AND r.id = id_ AND (asked IS NULL
                OR asked = CASE WHEN r.expires = 0 OR r.expires > at_time THEN r.version ELSE 0 END)
            RETURNING old.names, old.terms INTO old_names, old_terms;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
    END IF;
    IF old_names IS NOT DISTINCT FROM names_ AND old_terms IS NOT DISTINCT FROM terms_ THEN
        RETURN true;
    END IF;
    PERFORM drop_lasting_entries_1(kind_, id_, old_names, old_terms);
    INSERT INTO lasting_entry (kind, name, term, id)
        SELECT kind_, n.name, n.term, id_ FROM unnest(names_, terms_) AS n (name, term) ON CONFLICT DO NOTHING;
    RETURN true;
END $$;

CREATE FUNCTION put_passing_1(
    kind_ text, expires_ bigint, id_ bytea, version_ bigint, value_ bytea, names_ text[], terms_ bytea[], asked bigint
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    old_names text[];
    old_terms bytea[];
    written   boolean := false;
BEGIN
    IF coalesce(asked, 0) = 0 THEN
        INSERT INTO passing (kind, expires, id, version, value, names, terms)
            VALUES (kind_, expires_, id_, version_, value_, names_, terms_) ON CONFLICT DO NOTHING;
        written := FOUND;
    END IF;
    IF NOT written THEN
        UPDATE passing r
            SET version = version_, value = value_, names = names_, terms = terms_
            FROM (SELECT names, terms FROM passing WHERE kind = kind_ AND expires = expires_ AND id = id_ FOR UPDATE) AS old
            WHERE r.kind = kind_ AND r.expires = expires_ AND r.id = id_ AND (asked IS NULL OR asked = r.version)
            RETURNING old.names, old.terms INTO old_names, old_terms;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
    END IF;
    IF old_names IS NOT DISTINCT FROM names_ AND old_terms IS NOT DISTINCT FROM terms_ THEN
        RETURN true;
    END IF;
    PERFORM drop_passing_entries_1(kind_, expires_, id_, old_names, old_terms);
    INSERT INTO passing_entry (kind, name, term, expires, id)
        SELECT kind_, n.name, n.term, expires_, id_ FROM unnest(names_, terms_) AS n (name, term) ON CONFLICT DO NOTHING;
    RETURN true;
END $$;

CREATE FUNCTION delete_lasting_1(kind_ text, id_ bytea, asked bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    old_names text[];
    old_terms bytea[];
BEGIN
    DELETE FROM lasting WHERE kind = kind_ AND id = id_ AND (coalesce(asked, 0) = 0 OR version = asked)
        RETURNING names, terms INTO old_names, old_terms;
    IF NOT FOUND THEN
        RETURN coalesce(asked, 0) = 0;
    END IF;
    PERFORM drop_lasting_entries_1(kind_, id_, old_names, old_terms);
    RETURN true;
END $$;

CREATE FUNCTION delete_passing_1(kind_ text, expires_ bigint, id_ bytea, asked bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    old_names text[];
    old_terms bytea[];
BEGIN
    DELETE FROM passing
        WHERE kind = kind_ AND expires = expires_ AND id = id_ AND (coalesce(asked, 0) = 0 OR version = asked)
        RETURNING names, terms INTO old_names, old_terms;
    IF NOT FOUND THEN
        RETURN coalesce(asked, 0) = 0;
    END IF;
    PERFORM drop_passing_entries_1(kind_, expires_, id_, old_names, old_terms);
    RETURN true;
END $$;

CREATE FUNCTION drop_lasting_entries_1(kind_ text, id_ bytea, names_ text[], terms_ bytea[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF names_ IS NULL THEN
        RETURN;
    END IF;
    DELETE FROM lasting_entry e USING unnest(names_, terms_) AS o (name, term)
        WHERE e.kind = kind_ AND e.name = o.name AND e.term = o.term AND e.id = id_;
END $$;

CREATE FUNCTION drop_passing_entries_1(kind_ text, expires_ bigint, id_ bytea, names_ text[], terms_ bytea[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF names_ IS NULL THEN
        RETURN;
    END IF;
    DELETE FROM passing_entry e USING unnest(names_, terms_) AS o (name, term)
        WHERE e.kind = kind_ AND e.name = o.name AND e.term = o.term AND e.expires = expires_ AND e.id = id_;
END $$;
