-- The searches by the words of the migration before this one, and the end of the index that they had.

-- One function for each table, of one text. Each word is looked up with all that it may have become (`turned`), as many
-- keys of one index scan; OFFSET 0 keeps the planner, which knows nothing of how rare a word is, from reading all of a
-- tenant's hashes instead. Without bitmaps, whose pages PostgreSQL 18 has other processes fetch: a few hundred at most.
DO $make$
DECLARE
    searched record;
    words text;
BEGIN
    FOR searched IN VALUES
        ('near_hashes', 'perceptual_hashes', 'sha256', 'sha256 bytea'),
        ('near_references', 'reference_pictures', 'index_name, sha256', 'index_name text, sha256 bytea')
    LOOP
        SELECT string_agg(
            format(
                $word$(SELECT tenant_id, %1$s, bit_count(bits # sought)::integer AS apart FROM %2$I
                WHERE pdq_word(tenant_id, bits, %3$s, %4$s)
                      = ANY (ARRAY(SELECT pdq_word(tenant, sought, %3$s, %4$s) # turn FROM unnest(%5$L::bigint[]) AS turn))
                  AND quality >= 50 AND bit_count(bits # sought) <= at_most
                OFFSET 0)$word$,
                searched.column3, searched.column2, first, width, turned
            ), ' UNION ALL ' ORDER BY first
        )
        INTO words
        FROM (
            SELECT 1 + 19 * number, 19, 1 FROM generate_series(0, 3) AS number
            UNION ALL SELECT 77 + 22 * number, 22, 2 FROM generate_series(0, 3) AS number
            UNION ALL SELECT 165 + 23 * number, 23, 2 FROM generate_series(0, 3) AS number
        ) AS word (first, width, differing)
        CROSS JOIN LATERAL (
            SELECT array_agg(DISTINCT (1::bigint << one) | (1::bigint << other)) || 0::bigint AS turned
            FROM generate_series(0, width - 1) AS one, generate_series(0, width - 1) AS other
            WHERE one = other OR differing = 2
        ) AS turns;
        EXECUTE format(
            $function$
            CREATE OR REPLACE FUNCTION %1$I(tenant uuid, wanted bytea, at_most integer)
            RETURNS TABLE (%2$s, distance integer)
            LANGUAGE plpgsql STABLE STRICT ROWS 10
            SET jit = off SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan
            AS $body$
            #variable_conflict use_column
            DECLARE
                sought CONSTANT bit(256) := ('x' || encode(wanted, 'hex'))::bit(256);
            BEGIN
                RETURN QUERY SELECT DISTINCT %3$s, apart FROM (%4$s) AS found WHERE tenant_id = tenant;
            END $body$
            $function$,
            searched.column1, searched.column4, searched.column3, words
        );
    END LOOP;
END $make$;

DROP INDEX perceptual_hashes_near;
DROP INDEX reference_pictures_near;
DROP FUNCTION pdq_words_around;
DROP FUNCTION pdq_words;
