-- not in a transaction --
-- The twelve words of a hash, each with an index: four of 19 bits, four of 22 and four of 23. If two hashes differ in at
-- most 31 bits, then one of the first four words differs in at most one, or one of the others in at most two: were it not
-- so, they would differ in 4 × 2 + 8 × 3 = 32 (Norouzi, Punjani and Fleet, "Fast Exact Search in Hamming Space with
-- Multi-Index Hashing", 2014; words of unlike width, for those that may differ more must be longer). Of a million hashes,
-- 490 share such a word by chance. Made while others write; what an interrupted run left is cleared away by the next.

DROP INDEX CONCURRENTLY IF EXISTS perceptual_hashes_word_1;
CREATE INDEX CONCURRENTLY perceptual_hashes_word_1
    ON perceptual_hashes (pdq_word(tenant_id, bits, 1, 19)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS perceptual_hashes_word_2;
CREATE INDEX CONCURRENTLY perceptual_hashes_word_2
    ON perceptual_hashes (pdq_word(tenant_id, bits, 20, 19)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS perceptual_hashes_word_3;
CREATE INDEX CONCURRENTLY perceptual_hashes_word_3
    ON perceptual_hashes (pdq_word(tenant_id, bits, 39, 19)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS perceptual_hashes_word_4;
CREATE INDEX CONCURRENTLY perceptual_hashes_word_4
    ON perceptual_hashes (pdq_word(tenant_id, bits, 58, 19)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS perceptual_hashes_word_5;
CREATE INDEX CONCURRENTLY perceptual_hashes_word_5
    ON perceptual_hashes (pdq_word(tenant_id, bits, 77, 22)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS perceptual_hashes_word_6;
CREATE INDEX CONCURRENTLY perceptual_hashes_word_6
    ON perceptual_hashes (pdq_word(tenant_id, bits, 99, 22)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS perceptual_hashes_word_7;
CREATE INDEX CONCURRENTLY perceptual_hashes_word_7
    ON perceptual_hashes (pdq_word(tenant_id, bits, 121, 22)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS perceptual_hashes_word_8;
CREATE INDEX CONCURRENTLY perceptual_hashes_word_8
    ON perceptual_hashes (pdq_word(tenant_id, bits, 143, 22)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS perceptual_hashes_word_9;
CREATE INDEX CONCURRENTLY perceptual_hashes_word_9
    ON perceptual_hashes (pdq_word(tenant_id, bits, 165, 23)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS perceptual_hashes_word_10;
CREATE INDEX CONCURRENTLY perceptual_hashes_word_10
    ON perceptual_hashes (pdq_word(tenant_id, bits, 188, 23)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS perceptual_hashes_word_11;
CREATE INDEX CONCURRENTLY perceptual_hashes_word_11
    ON perceptual_hashes (pdq_word(tenant_id, bits, 211, 23)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS perceptual_hashes_word_12;
CREATE INDEX CONCURRENTLY perceptual_hashes_word_12
    ON perceptual_hashes (pdq_word(tenant_id, bits, 234, 23)) WHERE quality >= 50;

DROP INDEX CONCURRENTLY IF EXISTS reference_pictures_word_1;
CREATE INDEX CONCURRENTLY reference_pictures_word_1
    ON reference_pictures (pdq_word(tenant_id, bits, 1, 19)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS reference_pictures_word_2;
CREATE INDEX CONCURRENTLY reference_pictures_word_2
    ON reference_pictures (pdq_word(tenant_id, bits, 20, 19)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS reference_pictures_word_3;
CREATE INDEX CONCURRENTLY reference_pictures_word_3
    ON reference_pictures (pdq_word(tenant_id, bits, 39, 19)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS reference_pictures_word_4;
CREATE INDEX CONCURRENTLY reference_pictures_word_4
    ON reference_pictures (pdq_word(tenant_id, bits, 58, 19)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS reference_pictures_word_5;
CREATE INDEX CONCURRENTLY reference_pictures_word_5
    ON reference_pictures (pdq_word(tenant_id, bits, 77, 22)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS reference_pictures_word_6;
CREATE INDEX CONCURRENTLY reference_pictures_word_6
    ON reference_pictures (pdq_word(tenant_id, bits, 99, 22)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS reference_pictures_word_7;
CREATE INDEX CONCURRENTLY reference_pictures_word_7
    ON reference_pictures (pdq_word(tenant_id, bits, 121, 22)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS reference_pictures_word_8;
CREATE INDEX CONCURRENTLY reference_pictures_word_8
    ON reference_pictures (pdq_word(tenant_id, bits, 143, 22)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS reference_pictures_word_9;
CREATE INDEX CONCURRENTLY reference_pictures_word_9
    ON reference_pictures (pdq_word(tenant_id, bits, 165, 23)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS reference_pictures_word_10;
CREATE INDEX CONCURRENTLY reference_pictures_word_10
    ON reference_pictures (pdq_word(tenant_id, bits, 188, 23)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS reference_pictures_word_11;
CREATE INDEX CONCURRENTLY reference_pictures_word_11
    ON reference_pictures (pdq_word(tenant_id, bits, 211, 23)) WHERE quality >= 50;
DROP INDEX CONCURRENTLY IF EXISTS reference_pictures_word_12;
CREATE INDEX CONCURRENTLY reference_pictures_word_12
    ON reference_pictures (pdq_word(tenant_id, bits, 234, 23)) WHERE quality >= 50;
