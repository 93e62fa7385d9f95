-- A vendor's agreement is verified in writing every year (rule V1). Rows from before this migration have no such day: the day on which the
-- agreement was signed stands for it, so that a row whose signature is more than a year old gives no leave to send until it is verified.
UPDATE vendor
SET content = json_set(
    content,
    '$.location.hosted.agreement.verified_at',
    json_extract(content, '$.location.hosted.agreement.signed')
)
WHERE json_type(content, '$.location.hosted.agreement') = 'object'
  AND json_type(content, '$.location.hosted.agreement.verified_at') IS NULL;
