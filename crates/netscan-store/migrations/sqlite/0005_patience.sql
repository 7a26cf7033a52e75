-- Hosts that took too long come back alone, with more time.

-- How many times as long as the scan's limit says the batch's hosts may take.
ALTER TABLE batches ADD COLUMN patience BIGINT NOT NULL DEFAULT 1;
