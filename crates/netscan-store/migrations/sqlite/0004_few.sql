-- What only few assets have in common stays with the fact: most facts are the name of one host.

-- The ordinals of its assets, ascending, as variable-length differences; nothing once they have been
-- more than few, or of a fact from before this column: then the postings tell.
ALTER TABLE facts ADD COLUMN few BLOB;
